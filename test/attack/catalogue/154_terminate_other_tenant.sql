-- title: sessions of one role may end each other
-- class: shared-role
-- severity: high
-- kind: dynamic
-- leaks: attack /^t$/
-- answer: flagged: `function_not_hardened pg_terminate_backend` harden_database() revokes the functions

--@ setup
select 1;
--@ fix
select tenancy.harden_database();
--@ other
:enter_b
select 1;
--@ attack
:enter_a
select pg_terminate_backend(pid) as killed from pg_stat_activity
  where pid <> pg_backend_pid() and datname = current_database() and backend_type = 'client backend';
commit;
