-- title: whoever can send SQL sets the setting that says who is in
-- class: context-forgery
-- severity: critical
-- kind: dynamic
-- leaks: attack /CANARY_B/
-- answer: closed: only a credential opens a tenant; the setting verifies what it is given

--@ attack stock
:enter_a
set app.tenant = 'B';
select * from app.doc;
commit;
--@ attack tenancy
set tenancy.token = 'B';
set app.tenant = 'B';
:enter_a
set tenancy.token = 'B';
set tenancy.token = 'B/user';
set local tenancy.token = :'forged_b';
select set_config('tenancy.token', current_setting('tenancy.token'), false);
select set_config('tenancy.token', replace(current_setting('tenancy.token'), 'A', 'B'), false);
select * from app.doc;
commit;
