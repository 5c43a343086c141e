-- title: a SECURITY DEFINER function shows another tenant's row in its error
-- class: error-messages
-- severity: high
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `definer_function app.book`

--@ setup
create function app.book(k int) returns void language plpgsql security definer as $$
declare
  r app.doc;
begin
  select * into r from app.doc where id = k;
  if found then raise exception 'slot taken by %', r; end if;
end $$;
--@ fix
alter function app.book(int) security invoker;
--@ attack
:enter_a
select app.book(2);
commit;
