-- title: a partition is written directly, past the policies of its parent
-- class: structure
-- severity: high
-- kind: static
-- leaks: verify /POISON/
-- answer: closed: protect() protects every partition

--@ setup
set role svc_owner;
create table app.p (id int, tenant_id text, secret text) partition by hash (id);
create table app.p0 partition of app.p for values with (modulus 1, remainder 0);
grant select, insert on all tables in schema app to app;
select t.protect('app.p');
--@ attack
:enter_a
insert into app.p0 values (5, 'B', 'POISON');
commit;
--@ verify
select * from app.p;
