-- title: the policy's function reads a temporary table that the attacker makes
-- class: context-forgery
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `policy_function_search_path t.ctx`

--@ setup
create function t.ctx() returns text language plpgsql stable
  as $$ declare r text; begin select tenant into r from ctx; return r; end $$;
select t.bare('app.doc');
create policy iso on app.doc using (tenant_id = t.ctx());
--@ fix
select t.protect('app.doc');
--@ attack
create temp table ctx (tenant text);
insert into ctx values ('B');
select * from app.doc;
