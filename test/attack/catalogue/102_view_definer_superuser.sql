-- title: a superuser owns a view over the table
-- class: views
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `definer_view app.v`

--@ setup
create view app.v as select * from app.doc;
grant select on app.v to app;
--@ fix
alter view app.v set (security_invoker = true);
--@ attack
:enter_a
select * from app.v;
commit;
