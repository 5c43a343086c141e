-- title: a partition made after its parent was protected is read directly
-- class: structure
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: closed: a new partition is brought under its parent's isolation

--@ setup
set role svc_owner;
create table app.p (id int, tenant_id text, secret text) partition by hash (id);
select t.protect('app.p');
create table app.p0 partition of app.p for values with (modulus 1, remainder 0);
grant select on app.p, app.p0 to app;
reset role;
insert into app.p values (1, 'B', 'CANARY_B');
--@ attack
:enter_a
select * from app.p;
select * from app.p0;
commit;
