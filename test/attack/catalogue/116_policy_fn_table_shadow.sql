-- title: the policy's function finds the attacker's temporary table before the real one
-- class: search-path
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `policy_function_search_path t.by_user`

--@ setup
create table app.session_tenant (usr text, tenant_id text);
insert into app.session_tenant values ('app', 'A');
grant select on app.session_tenant to app;
create function t.by_user() returns text language plpgsql stable
  as $$ begin return (select tenant_id from session_tenant where usr = current_user); end $$;
select t.bare('app.doc');
create policy iso on app.doc using (tenant_id = t.by_user());
--@ fix
alter function t.by_user() set search_path = app, pg_temp;
--@ attack
create temp table session_tenant as select 'app'::text usr, 'B'::text tenant_id;
select * from app.doc;
