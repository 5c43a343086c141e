-- title: CVE-2019-10130: an operator that tells what it sees, run by the planner on statistics
-- class: cve-control
-- severity: -
-- kind: control
-- leaks: attack /CANARY_B/
-- answer: control: the planner runs it on no statistics of a table with row security

--@ setup
insert into app.doc select g, 'B', 'CANARY_B', 1 from generate_series(100, 300) g;
analyze app.doc;
create schema scratch;
grant usage, create on schema scratch to app;
--@ attack
:enter_a
create function scratch.lk(text, text) returns bool language plpgsql immutable cost 0.0001
  as $$ begin raise notice 'op saw % %', $1, $2; return true; end $$;
create operator scratch.<<< (leftarg = text, rightarg = text, function = scratch.lk,
                             restrict = scalarltsel);
create operator scratch.=== (leftarg = text, rightarg = text, function = scratch.lk, restrict = eqsel);
select * from app.doc where secret operator(scratch.<<<) 'x' limit 0;
explain select * from app.doc where secret operator(scratch.<<<) 'x';
explain select * from app.doc where secret operator(scratch.===) 'x';
commit;
