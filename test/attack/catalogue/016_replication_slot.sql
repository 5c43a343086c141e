-- title: a role with REPLICATION reads every tenant's changes from a logical slot
-- class: predefined-role
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B_new/
-- answer: flagged: `role_replication c16_app`
-- role: c16_app

--@ setup
create role c16_app login replication;
grant app to c16_app;
--@ fix
alter role c16_app noreplication;
--@ attack
select count(*) from pg_create_logical_replication_slot('c16', 'test_decoding');
\c - app
\o /dev/null
set synchronous_commit = on;
:enter_b
insert into app.doc (id, tenant_id, secret) values (77, 'B', 'CANARY_B_new');
commit;
\o
\c - c16_app
select data from pg_logical_slot_get_changes('c16', null, null);
