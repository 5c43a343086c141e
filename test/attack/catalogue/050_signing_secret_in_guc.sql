-- title: the secret that signs tokens lies in a setting of the database
-- class: context-forgery
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B_KEY/
-- answer: flagged: `secrets_in_settings database`

--@ setup
select format('alter database %I set app.jwt_secret = %L', current_database(), 'CANARY_B_KEY') \gexec
--@ fix
select format('alter database %I reset app.jwt_secret', current_database()) \gexec
--@ attack
:enter_a
select current_setting('app.jwt_secret', true);
select setconfig from pg_db_role_setting where setconfig::text like '%secret%';
commit;
