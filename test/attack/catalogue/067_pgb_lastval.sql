-- title: behind a pooler, lastval() tells the number that another tenant's INSERT drew
-- class: pooling
-- severity: low
-- kind: dynamic
-- leaks: attack /4712/
-- answer: documented: sequences are shared by all tenants; keys that count say how much everybody has
-- pool: transaction

--@ setup
create table app.ev (id serial primary key, tenant_id text default t.tenant(), s text);
grant select, insert on app.ev to app;
select t.protect('app.ev');
grant usage on sequence app.ev_id_seq to app;
select setval('app.ev_id_seq', 4711);
--@ victim
:enter_b
insert into app.ev (s) values ('x');
commit;
--@ attack
:enter_a
select lastval();
commit;
