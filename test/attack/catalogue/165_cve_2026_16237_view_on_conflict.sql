-- title: CVE-2026-16237: ON CONFLICT DO UPDATE through a filtering view reaches a row that it hides
-- class: cve-control
-- severity: -
-- kind: control
-- leaks: verify /PWNED/
-- answer: control: fixed in PostgreSQL 15.20

--@ setup
create view app.my_doc with (security_barrier) as
  select * from app.doc where tenant_id = t.tenant() with cascaded check option;
grant select, insert, update on app.my_doc to app;
--@ attack
:enter_a
insert into app.my_doc values (2, 'A', 'x', 1)
  on conflict (id) do update set secret = 'PWNED', tenant_id = 'A';
commit;
--@ verify
select * from app.doc where id = 2 and tenant_id = 'B';
