-- title: CVE-2026-120154: WHERE and SET of ON CONFLICT DO UPDATE see the hidden row
-- class: cve-control
-- severity: -
-- kind: control
-- leaks: attack /CANARY_B/
-- answer: control: fixed in PostgreSQL 15.20; with the tenant in the key no hidden row conflicts

--@ setup
create schema scratch;
grant usage, create on schema scratch to app;
--@ attack
:enter_a
create function scratch.leak(text) returns bool language plpgsql
  as $$ begin raise notice 'saw %', $1; return true; end $$;
insert into app.doc as d (id, secret) values (2, 'x')
  on conflict (id) do update set secret = 'y' where scratch.leak(d.secret);
insert into app.doc as d (id, secret) values (2, 'x')
  on conflict on constraint doc_pkey do update set secret = d.secret || '1'
  where scratch.leak(d.secret) returning *;
commit;
