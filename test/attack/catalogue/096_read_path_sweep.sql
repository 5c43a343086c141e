-- title: every other way to read a table
-- class: dml-control
-- severity: -
-- kind: control
-- leaks: attack /CANARY_B/
-- answer: control: policies apply to all of them

--@ attack
:enter_a
select doc from app.doc where ctid in ('(0,2)', '(0,3)');
select * from app.doc tablesample bernoulli (100);
select to_jsonb(doc) from app.doc;
select query_to_xml('select * from app.doc', true, false, '');
select table_to_xml('app.doc', true, false, '');
select schema_to_xml('app', true, false, '');
with recursive r as (select * from app.doc union select d.* from app.doc d join r on true)
  select * from r;
with u as (update app.doc set n = n returning *) select * from u;
do $$ declare r record; begin for r in select * from app.doc loop raise notice '%', r; end loop; end $$;
set local force_parallel_mode = on;
set local enable_seqscan = off;
select id from app.doc where id = 2;
select secret from app.doc where id = 2 for update;
select ts_stat('select to_tsvector(secret) from app.doc');
select max(secret), string_agg(secret, ',') from app.doc;
select currtid2('app.doc', '(0,2)');
delete from app.doc where id = 2 returning secret;
create temp table ct as select * from app.doc;
select * from ct;
commit;
