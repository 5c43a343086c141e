-- title: a store's namespace compared by LIKE tenant || '%': tenant A reads tenant AB
-- class: policy-logic
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `policy_pattern_match app.store`

--@ setup
create table app.store (prefix text, key text, value text);
insert into app.store values ('A.mem', 'k', 'CANARY_A'), ('AB.mem', 'k', 'CANARY_B');
grant select on app.store to app;
alter table app.store owner to svc_owner, enable row level security, force row level security;
create policy p on app.store using (prefix like t.tenant() || '%');
--@ fix
select tenancy.protect('app.store', backfill_using => $$split_part(prefix, '.', 1)$$,
                       existing_policies => 'replace');
--@ attack
:enter_a
select * from app.store;
commit;
