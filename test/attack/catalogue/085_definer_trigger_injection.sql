-- title: a SECURITY DEFINER trigger builds SQL from the row's text
-- class: triggers-rules
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `definer_dynamic_sql app.tf`

--@ setup
create table app.sink (note text);
grant select on app.sink to app;
create function app.tf() returns trigger language plpgsql security definer as $$
begin
  execute 'insert into app.sink values (''' || new.secret || ''')';
  return new;
end $$;
create trigger l before insert on app.doc for each row execute function app.tf();
--@ fix
create or replace function app.tf() returns trigger language plpgsql security definer
  set search_path = pg_catalog as $$
begin
  insert into app.sink values (new.secret);
  return new;
end $$;
--@ attack
:enter_a
insert into app.doc (id, secret) values
  (60, 'x''); insert into app.sink select secret from app.doc where tenant_id <> ''A''; --');
select note from app.sink where note not like 'x%';
commit;
