-- title: a client that chooses its connection options sets the setting at the start
-- class: context-forgery
-- severity: critical
-- kind: dynamic
-- leaks: attack /CANARY_B/
-- answer: closed: the setting verifies at the start too, and is nobody after the transaction it was set in

--@ attack stock
\c -reuse-previous=on "user=app options='-c app.tenant=B'"
select * from app.doc;
--@ attack tenancy
\c -reuse-previous=on "user=app options='-c app.tenant=B'"
select * from app.doc;
\set options 'user=app options=''-c tenancy.token=' :forged_b ''''
\c -reuse-previous=on :"options"
\c -reuse-previous=on "user=app options='-c tenancy.token=B'"
\c -reuse-previous=on "user=app options=''"
select * from app.doc;
