-- title: connection options through a pooler
-- class: pooling
-- severity: -
-- kind: control
-- leaks: attack /CANARY_B/
-- answer: control: pgbouncer refuses unknown start-up parameters
-- pool: transaction

--@ attack stock
\c -reuse-previous=on "user=app options='-c app.tenant=B'"
select * from app.doc;
--@ attack tenancy
\set options 'user=app options=''-c tenancy.token=' :forged_b ''''
\c -reuse-previous=on :"options"
select * from app.doc;
