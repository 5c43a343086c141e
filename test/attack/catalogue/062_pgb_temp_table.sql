-- title: behind a pooler, a temporary table with B's rows stays on the server connection
-- class: pooling
-- severity: high
-- kind: both
-- leaks: attack /CANARY_B/
-- answer: closed: the guard refuses temporary tables that outlive the identity
-- pool: transaction

--@ victim
:enter_b
create temp table scratch as select * from app.doc;
commit;
--@ attack
select * from scratch;
:enter_a
select * from scratch;
commit;
