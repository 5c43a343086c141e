-- title: CVE-2023-2455: an inlined set-returning function planned for one role, run for another
-- class: cve-control
-- severity: -
-- kind: control
-- leaks: attack /CANARY_B/
-- answer: control: fixed in PostgreSQL 15.3

--@ setup
create role c160_b nologin;
grant usage on schema app, t to c160_b;
grant c160_b to app;
create table app.r (id int, secret text);
insert into app.r values (2, 'CANARY_B');
grant select on app.r to app, c160_b;
alter table app.r enable row level security;
create policy b on app.r to c160_b using (current_user = 'c160_b');
create function app.fr() returns setof app.r language sql stable as $$ select * from app.r $$;
--@ attack
\o /dev/null
set role c160_b;
prepare q as select * from app.fr();
execute q;
\o
set role none;
set plan_cache_mode = force_generic_plan;
execute q;
