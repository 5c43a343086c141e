-- title: whoever injects SQL reads the token of the request
-- class: context-scope
-- severity: high
-- kind: dynamic
-- leaks: attack /eyJ/
-- answer: closed: the setting shows tenant/user, never the token

--@ attack stock
set app.token = 'CANARY_B.eyJhbGciOi.sig';
:enter_a
select current_setting('app.token');
commit;
--@ attack tenancy
:enter_a
select current_setting('tenancy.token');
show tenancy.token;
select name, setting, boot_val, reset_val from pg_settings where name ~ '^tenancy';
show all;
select query from pg_stat_activity where pid = pg_backend_pid();
select tenancy.whoami();
select tenancy.claims();
select * from pg_prepared_statements;
commit;
