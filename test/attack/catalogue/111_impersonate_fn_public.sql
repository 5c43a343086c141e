-- title: a function for support that acts as any tenant, executable by PUBLIC
-- class: functions
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `definer_function_public app.as_tenant`

--@ setup
create function app.as_tenant(x text) returns setof app.doc language plpgsql security definer
  as $$ begin return query select * from app.doc where tenant_id = x; end $$;
--@ fix
revoke execute on function app.as_tenant(text) from public;
--@ attack
:enter_a
select * from app.as_tenant('B');
commit;
