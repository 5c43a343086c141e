-- title: the tenant is taken from application_name, which the client sets (also by UPDATE pg_settings)
-- class: context-forgery
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `policy_reads_setting app.doc` `floor_missing app.doc`

--@ setup
select t.bare('app.doc');
create policy iso on app.doc using (tenant_id = current_setting('application_name'));
--@ fix
select t.protect('app.doc');
--@ attack
update pg_settings set setting = 'B' where name = 'application_name';
select * from app.doc;
