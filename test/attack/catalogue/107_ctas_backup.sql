-- title: a copy made with CREATE TABLE AS
-- class: grants
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `unprotected_copy app.doc_backup`

--@ setup
create table app.doc_backup as select * from app.doc;
grant select on all tables in schema app to app;
--@ fix
select t.protect('app.doc_backup');
--@ attack
:enter_a
select * from app.doc_backup;
commit;
