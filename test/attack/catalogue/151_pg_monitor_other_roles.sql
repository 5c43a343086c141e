-- title: pg_read_all_stats opens the statements of other roles
-- class: predefined-role
-- severity: medium
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `role_monitor c151_app`
-- role: c151_app

--@ setup
create role c151_b login;
create role c151_app login;
grant app to c151_b, c151_app;
grant pg_read_all_stats to c151_app;
--@ fix
revoke pg_read_all_stats from c151_app;
--@ other as c151_b
select 'CANARY_B' as note;
--@ attack
:enter_a
select usename, query from pg_stat_activity
  where pid <> pg_backend_pid() and datname = current_database();
commit;
