-- title: the tenant's policy is TO a role that the traffic does not use
-- class: policy-logic
-- severity: high
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `policy_roles app.doc` `floor_missing app.doc`

--@ setup
create role c30_web nologin;
select t.bare('app.doc');
create policy p on app.doc using (true);
create policy r on app.doc as restrictive to c30_web using (tenant_id = t.tenant());
--@ fix
select t.protect('app.doc');
--@ attack
:enter_a
select * from app.doc;
commit;
