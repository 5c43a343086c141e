-- title: the function that says who is in is marked IMMUTABLE: a cached plan keeps the tenant it was made for
-- class: stale-plan
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `policy_function_volatility t.tenant_i`

--@ setup stock
create function t.tenant_i() returns text language sql immutable
  as $$ select nullif(current_setting('app.tenant', true), '') $$;
select t.bare('app.doc');
create policy iso on app.doc using (tenant_id = t.tenant_i());
--@ setup tenancy
create function t.tenant_i() returns text language sql immutable
  as $$ select tenancy.current_tenant_text() $$;
select t.bare('app.doc');
create policy iso on app.doc using (tenant_id = t.tenant_i());
--@ fix
select t.protect('app.doc');
--@ attack
\o /dev/null
:enter_b
prepare q as select * from app.doc;
execute q;
commit;
\o
:enter_a
execute q;
commit;
