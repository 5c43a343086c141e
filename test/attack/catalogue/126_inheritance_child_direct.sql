-- title: an inheritance child is read directly, past the policies of its parent
-- class: structure
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: closed: protect() protects every child

--@ setup
set role svc_owner;
create table app.par (id int, tenant_id text, secret text);
create table app.kid () inherits (app.par);
insert into app.kid values (1, 'B', 'CANARY_B');
grant select on all tables in schema app to app;
select t.protect('app.par');
--@ attack
:enter_a
select * from app.par;
select * from app.kid;
commit;
