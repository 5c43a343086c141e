-- title: COPY, and row_security = off
-- class: dml-control
-- severity: -
-- kind: control
-- leaks: attack /CANARY_B/
-- answer: control: COPY applies policies, and row_security = off raises

--@ attack
:enter_a
copy app.doc to stdout;
copy (select * from app.doc) to stdout;
set local row_security = off;
select * from app.doc;
copy app.doc to stdout;
commit;
