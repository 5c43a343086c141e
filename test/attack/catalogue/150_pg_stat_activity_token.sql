-- title: sessions of one role read each other's statements, with the token that was a literal
-- class: shared-role
-- severity: critical
-- kind: dynamic
-- leaks: attack /eyJ/
-- answer: closed: a token in a statement's text is blanked in the activity view

--@ other stock
set app.token = 'CANARY_B.eyJhbGciOi.sig';
--@ other tenancy
begin;
select format('set local tenancy.token = %L', :'token_b') \gexec
--@ attack
:enter_a
select usename, query from pg_stat_activity
  where pid <> pg_backend_pid() and datname = current_database();
commit;
