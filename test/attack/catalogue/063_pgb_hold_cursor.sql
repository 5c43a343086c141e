-- title: behind a pooler, a cursor WITH HOLD of B stays on the server connection
-- class: pooling
-- severity: high
-- kind: dynamic
-- leaks: attack /CANARY_B/
-- answer: closed: the guard refuses WITH HOLD
-- pool: transaction then transaction-reset

--@ victim
:enter_b
declare c cursor with hold for select * from app.doc;
commit;
--@ fix
select 1;
--@ attack
fetch all from c;
:enter_a
fetch all from c;
commit;
