-- title: a BEFORE trigger writes another tenant into the row
-- class: triggers-rules
-- severity: -
-- kind: control
-- leaks: verify /STAMPED/
-- answer: control: policies are checked after BEFORE triggers

--@ setup
create function app.tf() returns trigger language plpgsql
  as $$ begin new.tenant_id := 'B'; return new; end $$;
create trigger l before insert on app.doc for each row execute function app.tf();
--@ attack
:enter_a
insert into app.doc (id, secret) values (62, 'STAMPED');
commit;
--@ verify
select * from app.doc where id = 62;
