-- title: a view over a superuser's view over the table
-- class: views
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `definer_view app.outer_v`

--@ setup
create view app.inner_v as select * from app.doc;
set role svc_owner;
reset role;
grant select on app.inner_v to svc_owner;
set role svc_owner;
create view app.outer_v as select * from app.inner_v;
grant select on app.outer_v to app;
--@ fix
reset role;
alter view app.inner_v set (security_invoker = true);
--@ attack
:enter_a
select * from app.outer_v;
commit;
