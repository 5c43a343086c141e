-- title: a function marked LEAKPROOF tells what it sees
-- class: functions
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `leakproof_function app.safe_like`

--@ setup
create function app.safe_like(text, text) returns bool language plpgsql leakproof cost 0.00001
  as $$ begin raise notice 'saw %', $1; return $1 like $2; end $$;
--@ fix
alter function app.safe_like(text, text) not leakproof;
--@ attack
:enter_a
select * from app.doc where app.safe_like(secret, '%');
commit;
