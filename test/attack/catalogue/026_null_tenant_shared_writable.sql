-- title: "no tenant means shared" also in what may be written: rows that every tenant reads
-- class: policy-logic
-- severity: high
-- kind: static
-- leaks: verify /POISON/
-- answer: flagged: `policy_fails_open app.g` `floor_missing app.g`

--@ setup
create table app.g (id int, tenant_id text, secret text);
grant select, insert on app.g to app;
alter table app.g enable row level security, force row level security, owner to svc_owner;
create policy p on app.g using (tenant_id = t.tenant() or tenant_id is null);
--@ fix
select t.protect('app.g');
--@ attack
:enter_a
insert into app.g values (9, null, 'POISON');
commit;
--@ verify
\c - app
:enter_b
select * from app.g;
commit;
