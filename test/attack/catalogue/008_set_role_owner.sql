-- title: a NOINHERIT member of the owner does SET ROLE and disables row security
-- class: role-membership
-- severity: critical
-- kind: both
-- leaks: attack /CANARY_B/
-- answer: flagged: `role_member_of_owner c08_app`
-- role: c08_app

--@ setup
create role c08_app login noinherit;
grant svc_owner to c08_app;
grant select on app.doc to c08_app;
--@ fix
revoke svc_owner from c08_app;
--@ attack
:enter_a
set role svc_owner;
alter table app.doc disable row level security;
select * from app.doc;
commit;
