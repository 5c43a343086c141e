-- title: writing through a view that a superuser owns
-- class: views
-- severity: critical
-- kind: static
-- leaks: verify /PWNED/
-- answer: flagged: `definer_view app.v`

--@ setup
create view app.v as select id, secret from app.doc;
grant select, update on app.v to app;
--@ fix
alter view app.v set (security_invoker = true);
--@ attack
:enter_a
update app.v set secret = 'PWNED' where id = 2;
commit;
--@ verify
select * from app.doc where id = 2;
