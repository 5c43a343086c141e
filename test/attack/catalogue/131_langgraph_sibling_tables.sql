-- title: LangGraph's checkpoints are protected, the table of their values is not
-- class: structure
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `langgraph_sibling app.checkpoint_blobs`

--@ setup
set role svc_owner;
create table app.checkpoints (thread_id text, tenant_id text default t.tenant());
create table app.checkpoint_blobs (thread_id text, blob text);
insert into app.checkpoint_blobs values ('b-1', 'CANARY_B');
grant select on app.checkpoints, app.checkpoint_blobs to app;
select t.protect('app.checkpoints');
--@ fix
select tenancy.protect('app.checkpoint_blobs', backfill_tenant => 'B');
--@ attack
:enter_a
select * from app.checkpoint_blobs;
commit;
