-- title: a superuser's rule on an open table carries rows of all tenants into it
-- class: views
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `view_rule app.inbox`

--@ setup
create table app.inbox (word text);
create table app.outbox (word text);
grant insert on app.inbox to app;
grant select on app.outbox to app;
create rule r as on insert to app.inbox do also insert into app.outbox select secret from app.doc;
--@ fix
drop rule r on app.inbox;
--@ attack
:enter_a
insert into app.inbox values ('x');
select * from app.outbox;
commit;
