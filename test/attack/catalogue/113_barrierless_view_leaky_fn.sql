-- title: a view that filters by tenant without security_barrier, and a function that tells what it sees
-- class: views
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `view_without_barrier app.my_doc`

--@ setup stock
create view app.my_doc as select * from app.doc where tenant_id = t.tenant();
grant select on app.my_doc to app;
create schema scratch;
grant usage, create on schema scratch to app;
--@ setup tenancy
create view app.my_doc as select * from app.doc where tenant_id = tenancy.current_tenant_id();
grant select on app.my_doc to app;
create schema scratch;
grant usage, create on schema scratch to app;
--@ fix
alter view app.my_doc set (security_barrier = true);
--@ attack
:enter_a
create function scratch.leak(text) returns bool language plpgsql cost 0.0000001
  as $$ begin raise notice 'saw %', $1; return true; end $$;
select id from app.my_doc where scratch.leak(secret);
commit;
