-- title: UPDATE WITH CHECK (true): a row moves to another tenant
-- class: policy-logic
-- severity: high
-- kind: static
-- leaks: verify /MOVED/
-- answer: flagged: `floor_missing app.d3` `check_weaker app.d3`

--@ setup
create table app.d3 (id int, tenant_id text, secret text);
insert into app.d3 values (1, 'A', 'MOVED');
grant select, update on app.d3 to app;
alter table app.d3 enable row level security, force row level security, owner to svc_owner;
create policy s on app.d3 for select using (true);
create policy u on app.d3 for update using (tenant_id = t.tenant()) with check (true);
--@ fix
select t.protect('app.d3');
--@ attack
:enter_a
update app.d3 set tenant_id = 'B' where id = 1;
commit;
--@ verify
select * from app.d3 where tenant_id = 'B';
