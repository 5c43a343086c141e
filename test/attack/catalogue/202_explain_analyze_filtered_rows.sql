-- title: EXPLAIN ANALYZE counts the rows that the policy dropped
-- class: statistics
-- severity: medium
-- kind: dynamic
-- leaks: differ 77001,88001,88002
-- answer: closed: the guard refuses EXPLAIN of protected tables
-- says: is refused to roles

--@ setup
insert into app.doc select g, 'B', 'x', 77001 from generate_series(1000, 1100) g;
create index on app.doc (n);
--@ attack
:enter_a
set local enable_seqscan = off;
set local enable_bitmapscan = off;
explain (analyze, costs off, timing off, summary off) select 1 from app.doc where n = :guess;
commit;
