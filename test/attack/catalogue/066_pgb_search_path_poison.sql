-- title: behind a pooler, A leaves a search_path that leads B's unqualified names to A's table
-- class: pooling
-- severity: critical
-- kind: both
-- leaks: attack /CANARY_B/
-- answer: closed + flagged: entering refuses a session whose search_path somebody left (TN010); `schema_create scratch`
-- pool: transaction

--@ setup
create schema scratch;
grant usage, create on schema scratch to app;
--@ fix
revoke create on schema scratch from app;
--@ attack
:enter_a
create table scratch.doc (like app.doc);
set search_path = scratch, app;
commit;
\c
\o /dev/null
\set ON_ERROR_ROLLBACK off
:enter_b
insert into doc (id, tenant_id, secret) values (72, 'B', 'CANARY_B_typed');
commit;
\set ON_ERROR_ROLLBACK on
\o
\c
:enter_a
select * from scratch.doc;
commit;
