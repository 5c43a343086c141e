-- title: statistics hold values of all tenants
-- class: statistics
-- severity: -
-- kind: control
-- leaks: attack /CANARY_B/
-- answer: control: PostgreSQL hides statistics of tables with row security

--@ setup
insert into app.doc select g, 'B', 'CANARY_B', 1 from generate_series(100, 300) g;
create statistics app.st (mcv) on secret, n from app.doc;
analyze app.doc;
--@ attack
:enter_a
select * from pg_stats where tablename = 'doc';
select * from pg_stats_ext where tablename = 'doc';
select * from pg_statistic limit 1;
commit;
