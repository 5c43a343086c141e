-- title: behind a pooler in session mode without a reset query, the setting of the former client stays
-- class: pooling
-- severity: critical
-- kind: both
-- leaks: attack /CANARY_B/
-- answer: closed: the identity of an earlier transaction is nobody
-- pool: session then session-reset

--@ victim stock
set app.tenant = 'B';
select 1;
--@ victim tenancy
select set_config('tenancy.token', :'token_b', false);
select 1;
--@ fix
select 1;
--@ attack
select * from app.doc;
