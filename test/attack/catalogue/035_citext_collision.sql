-- title: the tenant's column ignores case: ACME and acme are one
-- class: type-confusion
-- severity: high
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `tenant_column_type app.ci`

--@ setup
create extension citext;
create table app.ci (tenant_id citext, secret text);
insert into app.ci values ('acme', 'CANARY_B');
grant select on app.ci to app;
alter table app.ci owner to svc_owner, enable row level security, force row level security;
create policy p on app.ci using (tenant_id = t.tenant()::citext);
--@ fix
drop policy p on app.ci;
alter table app.ci alter tenant_id type text;
select t.protect('app.ci');
--@ attack
:enter_upper
select * from app.ci;
commit;
