-- title: pg_read_all_data opens every table that has no row security
-- class: predefined-role
-- severity: high
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `role_reads_all c14_app`
-- role: c14_app

--@ setup
create schema attic;
create table attic.doc_2024 (tenant_id text, secret text);
insert into attic.doc_2024 values ('B', 'CANARY_B');
create role c14_app login;
grant pg_read_all_data to c14_app;
--@ fix
revoke pg_read_all_data from c14_app;
grant app to c14_app;
--@ attack
:enter_a
select * from app.doc;
select * from attic.doc_2024;
commit;
