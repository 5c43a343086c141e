-- title: the secret that signs tokens lies in a table that GRANT ... ON ALL TABLES opened
-- class: context-forgery
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B_KEY/
-- answer: flagged: `secret_table_grant app.signing_keys`

--@ setup
create table app.signing_keys (kid text, secret text);
insert into app.signing_keys values ('k1', 'CANARY_B_KEY');
grant select on all tables in schema app to app;
--@ fix
revoke all on app.signing_keys from app;
--@ attack
:enter_a
select * from app.signing_keys;
commit;
