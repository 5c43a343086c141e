-- title: temporary tables of another session
-- class: shared-role
-- severity: -
-- kind: control
-- leaks: attack /DROP TABLE|CANARY_B/
-- answer: control: another session's temporary schema is closed, also to the same role

--@ other
:enter_b
create temp table scratch as select 'CANARY_B'::text s;
--@ attack
select coalesce(min(n.nspname), 'pg_temp_3') as other from pg_class c
  join pg_namespace n on n.oid = relnamespace where relname = 'scratch' \gset
:enter_a
select * from :other.scratch;
drop table :other.scratch;
commit;
