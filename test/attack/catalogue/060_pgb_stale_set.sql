-- title: behind a pooler in transaction mode, a plain SET stays on the server connection
-- class: pooling
-- severity: critical
-- kind: dynamic
-- leaks: attack /CANARY_B/
-- answer: closed: the identity of an earlier transaction is nobody
-- pool: transaction

--@ victim stock
set app.tenant = 'B';
select 1;
--@ victim tenancy
select set_config('tenancy.token', :'token_b', false);
select 1;
--@ attack
select * from app.doc;
