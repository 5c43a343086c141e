-- title: coalesce(tenant, tenant_id): without an identity every row matches
-- class: policy-logic
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `policy_fails_open app.doc` `floor_missing app.doc`

--@ setup stock
select t.bare('app.doc');
create policy iso on app.doc using (tenant_id = coalesce(t.tenant(), tenant_id));
--@ setup tenancy
select t.bare('app.doc');
create policy iso on app.doc
  using (tenant_id = coalesce((tenancy.whoami()).tenant_id::text, tenant_id));
--@ fix
select t.protect('app.doc');
--@ attack
select * from app.doc;
