-- title: INSERT WITH CHECK (true): rows for another tenant
-- class: policy-logic
-- severity: high
-- kind: static
-- leaks: verify /POISON/
-- answer: flagged: `floor_missing app.mem` `check_weaker app.mem`

--@ setup
create table app.mem (id int, tenant_id text, secret text);
grant select, insert on app.mem to app;
alter table app.mem enable row level security, force row level security, owner to svc_owner;
create policy s on app.mem for select using (tenant_id = t.tenant());
create policy i on app.mem for insert with check (true);
--@ fix
select t.protect('app.mem');
--@ attack
:enter_a
insert into app.mem values (9, 'B', 'POISON');
commit;
--@ verify
\c - app
:enter_b
select * from app.mem;
commit;
