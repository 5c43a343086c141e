-- title: functions that tell what they see, in WHERE
-- class: side-channel
-- severity: -
-- kind: control
-- leaks: attack /CANARY_B|division by zero/
-- answer: control: what is not leakproof runs after the policy

--@ attack
create function pg_temp.leak(text) returns bool language plpgsql cost 0.0000001
  as $$ begin raise notice 'saw %', $1; return true; end $$;
:enter_a
create function pg_temp.leak(text) returns bool language plpgsql cost 0.0000001
  as $$ begin raise notice 'saw %', $1; return true; end $$;
select id from app.doc where pg_temp.leak(secret);
select id from app.doc where secret::int = 1;
select 1 from app.doc where 1 / (n - 42) = 0 or n > 0;
select id from app.doc where case secret when 'x' then true else secret like 'CANARY_B%' end;
commit;
