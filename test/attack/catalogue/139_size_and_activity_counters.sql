-- title: the catalog tells how many rows all tenants have
-- class: metadata
-- severity: low
-- kind: dynamic
-- leaks: attack /2004/
-- answer: documented: pg_class is readable by everybody, and clients need it

--@ setup
insert into app.doc select g, 'B', 'x', 77001 from generate_series(1000, 3000) g;
analyze app.doc;
--@ attack
:enter_a
select reltuples, pg_relation_size(oid) from pg_class where oid = 'app.doc'::regclass;
commit;
