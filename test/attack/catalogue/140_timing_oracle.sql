-- title: the work of a scan, and so its time, depends on how many rows of other tenants match
-- class: statistics
-- severity: medium
-- kind: dynamic
-- leaks: differ 77001,88001,88002
-- answer: documented: an index that does not begin with the tenant is read across tenants; harden_database() closes the counters, not the clock

--@ setup
insert into app.doc select g, 'B', 'x', 77001 from generate_series(1000, 6000) g;
create index doc_n on app.doc (n);
analyze app.doc;
--@ attack
:enter_a
set local enable_seqscan = off;
set local enable_bitmapscan = off;
select count(*) from app.doc where n = :guess;
select seq_tup_read, idx_tup_fetch from pg_stat_xact_user_tables where relname = 'doc';
commit;
