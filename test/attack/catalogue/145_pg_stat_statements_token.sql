-- title: pg_stat_statements keeps a token that was a literal, for the role that all tenants share
-- class: shared-role
-- severity: critical
-- kind: both
-- leaks: attack /eyJ/
-- answer: flagged: `statement_tracking pg_stat_statements`

--@ setup
create extension pg_stat_statements;
select pg_stat_statements_reset();
--@ fix
revoke all on pg_stat_statements, pg_stat_statements_info from public;
revoke all on function pg_stat_statements(boolean) from public;
--@ attack stock
set app.token = 'CANARY_B.eyJhbGciOi.sig';
:enter_a
select query from pg_stat_statements where query like '%token%' and query not like '%pg_stat%';
commit;
--@ attack tenancy
begin;
select format('set local tenancy.token = %L', :'token_b') \gexec
commit;
:enter_a
select query from pg_stat_statements where query like '%token%' and query not like '%pg_stat%';
commit;
