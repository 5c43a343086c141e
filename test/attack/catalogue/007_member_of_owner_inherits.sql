-- title: a role that inherits the table's owner counts as owner where row security is not forced
-- class: role-membership
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `rls_not_forced app.doc` `role_member_of_owner c07_app`
-- role: c07_app

--@ setup
create role c07_app login;
grant svc_owner to c07_app;
alter table app.doc no force row level security;
--@ fix
alter table app.doc force row level security;
revoke svc_owner from c07_app;
grant app to c07_app;
--@ attack
:enter_a
select * from app.doc;
commit;
