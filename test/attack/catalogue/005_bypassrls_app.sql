-- title: the application's role has BYPASSRLS
-- class: enforcement
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `role_bypassrls c05_app`
-- role: c05_app

--@ setup
create role c05_app login bypassrls;
grant app to c05_app;
--@ fix
alter role c05_app nobypassrls;
--@ attack
:enter_a
select * from app.doc;
commit;
