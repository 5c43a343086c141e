-- title: a MERGE that reads no column of its target meets the rows of all tenants
-- class: dml
-- severity: medium
-- kind: dynamic
-- leaks: attack /tick\n(.*\n)*?.*tick/
-- answer: closed: such a target is filtered as a SELECT from it would be

--@ setup
create schema scratch;
grant usage, create on schema scratch to app;
--@ attack
:enter_a
create function scratch.tick() returns boolean language plpgsql
  as $$ begin raise notice 'tick'; return false; end $$;
merge into app.doc using (values (1)) v (x) on true when matched and scratch.tick() then delete;
commit;
