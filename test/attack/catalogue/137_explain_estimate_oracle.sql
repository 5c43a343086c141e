-- title: the estimates of EXPLAIN tell whether a value is frequent in other tenants
-- class: statistics
-- severity: medium
-- kind: dynamic
-- leaks: differ 77001,88001,88002
-- answer: closed: the guard refuses EXPLAIN of protected tables
-- says: is refused to roles

--@ setup
insert into app.doc select g, 'B', 'x', case when g % 2 = 0 then 77001 else g end
  from generate_series(1000, 3000) g;
create index on app.doc (n);
analyze app.doc;
--@ attack
:enter_a
explain select 1 from app.doc where n = :guess;
commit;
