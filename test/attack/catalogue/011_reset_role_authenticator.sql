-- title: an authenticator's login role may also become a role with BYPASSRLS; the attacker resets and switches
-- class: role-switch
-- severity: critical
-- kind: both
-- leaks: attack /CANARY_B/
-- answer: flagged: `role_bypassrls c11_auth`
-- role: c11_auth

--@ setup
create role c11_service nologin bypassrls;
grant app to c11_service;
create role c11_auth login noinherit;
grant c11_service, app to c11_auth;
--@ fix
revoke c11_service from c11_auth;
--@ attack
:enter_a
set local role app;
reset role;
set role c11_service;
select * from app.doc;
commit;
