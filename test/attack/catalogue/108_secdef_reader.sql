-- title: a SECURITY DEFINER function of a superuser reads the table
-- class: functions
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `definer_function app.get_doc`

--@ setup
create function app.get_doc(k int) returns setof app.doc language sql security definer
  as $$ select * from app.doc where id = k $$;
--@ fix
alter function app.get_doc(int) security invoker;
--@ attack
:enter_a
select * from app.get_doc(2);
commit;
