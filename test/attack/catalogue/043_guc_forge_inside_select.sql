-- title: set_config() inside the injected query
-- class: context-forgery
-- severity: critical
-- kind: dynamic
-- leaks: attack /CANARY_B/
-- answer: closed: the setting verifies, and a statement has one identity

--@ attack stock
:enter_a
with x as materialized (select set_config('app.' || 'tenant', 'B', true) v)
  select doc.* from x, lateral (select * from app.doc where x.v is not null offset 0) doc;
commit;
--@ attack tenancy
:enter_a
with x as materialized (select set_config('tenancy.' || 'token', :'forged_b', true) v)
  select doc.* from x, lateral (select * from app.doc where x.v is not null offset 0) doc;
with x as materialized (select set_config('tenancy.' || 'token', '', true) v)
  select doc.* from x, lateral (select * from app.doc where x.v is not null offset 0) doc;
with x as materialized (select set_config('app.tenant', 'B', true) v)
  select doc.* from x, lateral (select * from app.doc where x.v is not null offset 0) doc;
commit;
