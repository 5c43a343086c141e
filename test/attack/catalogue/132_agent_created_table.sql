-- title: an agent of B writes rows into a table that the role it shares with A owns
-- class: shared-role
-- severity: critical
-- kind: both
-- leaks: attack /CANARY_B/
-- answer: flagged: `schema_create scratch`

--@ setup
create schema scratch;
grant usage, create on schema scratch to app;
--@ fix
revoke create on schema scratch from app;
--@ attack
\o /dev/null
:enter_b
create table scratch.results as select * from app.doc;
commit;
\o
:enter_a
select * from scratch.results;
commit;
