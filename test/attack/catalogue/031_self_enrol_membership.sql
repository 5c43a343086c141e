-- title: the policy reads a table of members that the user may write
-- class: policy-logic
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `policy_reads_writable app.doc`

--@ setup
create table app.members (usr text, tenant_id text);
insert into app.members values ('alice', 'A');
grant select, insert on app.members to app;
select t.bare('app.doc');
create policy iso on app.doc using (exists (
  select 1 from app.members m
  where m.usr = current_setting('app.usr', true) and m.tenant_id = doc.tenant_id));
--@ fix
revoke insert on app.members from app;
--@ attack
:enter_a
set app.usr = 'alice';
insert into app.members values ('alice', 'B');
select * from app.doc;
commit;
