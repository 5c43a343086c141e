-- title: claims that somebody verified elsewhere lie in a setting that any SQL rewrites
-- class: context-forgery
-- severity: critical
-- kind: dynamic
-- leaks: attack /CANARY_B/
-- answer: closed: the identity comes from the token alone, never from request.jwt.claims

--@ setup stock
select t.bare('app.doc');
create policy iso on app.doc
  using (tenant_id = current_setting('request.jwt.claims', true)::json ->> 'tenant');
--@ attack
select set_config('request.jwt.claims', '{"tenant":"A"}', false);
select set_config('request.jwt.claims', '{"tenant":"B","tenant_id":"B"}', false);
select * from app.doc;
:enter_a
select set_config('request.jwt.claims', '{"tenant":"B","tenant_id":"B"}', false);
select * from app.doc;
commit;
