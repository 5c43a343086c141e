-- title: a trigger copies rows into a log that nobody protected
-- class: triggers-rules
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `unprotected_table app.doc_log` `trigger_writes_unprotected app.doc`

--@ setup
set role svc_owner;
create table app.doc_log (at timestamptz default now(), tenant_id text, old_row jsonb);
grant select, insert on app.doc_log to app;
create function app.log_doc() returns trigger language plpgsql as $$
begin
  insert into app.doc_log (tenant_id, old_row) values (new.tenant_id, to_jsonb(new));
  return new;
end $$;
create trigger l after insert or update on app.doc for each row execute function app.log_doc();
reset role;
insert into app.doc values (30, 'B', 'CANARY_B3', 1);
--@ fix
select t.protect('app.doc_log');
--@ attack
:enter_a
select * from app.doc_log;
commit;
