-- title: set_config(..., true) outside a transaction block ends with its own statement
-- class: context-scope
-- severity: critical
-- kind: dynamic
-- leaks: attack /CANARY_B/
-- answer: closed: the identity of an earlier transaction is nobody

--@ attack stock
set app.tenant = 'B';
select set_config('app.tenant', 'A', true);
select * from app.doc;
--@ attack tenancy
select set_config('tenancy.token', :'token_b', false) \g /dev/null
select set_config('tenancy.token', :'token_a', true) \g /dev/null
select * from app.doc;
