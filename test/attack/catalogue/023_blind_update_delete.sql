-- title: SELECT is protected, UPDATE and DELETE are open, and a statement without WHERE needs no SELECT policy
-- class: policy-logic
-- severity: critical
-- kind: static
-- leaks: verify /PWNED/
-- answer: flagged: `floor_missing app.d2`

--@ setup
create table app.d2 (id int, tenant_id text, secret text);
insert into app.d2 values (1, 'A', 'CANARY_A'), (2, 'B', 'CANARY_B');
grant select, update, delete on app.d2 to app;
alter table app.d2 enable row level security, force row level security, owner to svc_owner;
create policy s on app.d2 for select using (tenant_id = t.tenant());
create policy u on app.d2 for update using (true);
create policy d on app.d2 for delete using (true);
--@ fix
select t.protect('app.d2');
--@ attack
:enter_a
update app.d2 set secret = 'PWNED';
commit;
--@ verify
select * from app.d2 where tenant_id = 'B';
