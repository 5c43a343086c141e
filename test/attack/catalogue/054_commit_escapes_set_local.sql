-- title: SET LOCAL over an identity of the session: COMMIT brings the older one back
-- class: context-scope
-- severity: critical
-- kind: dynamic
-- leaks: attack /CANARY_B/
-- answer: closed: an identity is valid in the transaction that set it, also when set for the session

--@ attack stock
set app.tenant = 'B';
begin;
set local app.tenant = 'A';
commit;
select * from app.doc;
--@ attack tenancy
select set_config('tenancy.token', :'token_b', false) \g /dev/null
begin;
select tenancy.login(:'token_a') \g /dev/null
commit;
select * from app.doc;
