-- title: a partition is read directly, past the policies of its parent
-- class: structure
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: closed: protect() protects every partition

--@ setup
set role svc_owner;
create table app.p (id int, tenant_id text, secret text) partition by hash (id);
create table app.p0 partition of app.p for values with (modulus 1, remainder 0);
insert into app.p values (1, 'B', 'CANARY_B');
grant select on all tables in schema app to app;
select t.protect('app.p');
--@ attack
:enter_a
select * from app.p;
select * from app.p0;
commit;
