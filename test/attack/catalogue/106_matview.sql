-- title: a materialized view keeps what its maker saw
-- class: views
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `materialized_view app.mv`

--@ setup
create materialized view app.mv as select tenant_id, secret from app.doc;
grant select on app.mv to app;
--@ fix
revoke all on app.mv from app;
--@ attack
:enter_a
select * from app.mv;
commit;
