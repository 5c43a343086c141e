-- title: a customer registers under the name %, and the policy compares by LIKE
-- class: policy-logic
-- severity: critical
-- kind: both
-- leaks: attack /CANARY_B/
-- answer: flagged: `policy_pattern_match app.doc`

--@ setup
select t.bare('app.doc');
create policy iso on app.doc using (tenant_id like t.tenant());
--@ fix
select t.protect('app.doc');
--@ attack
:enter_percent
select * from app.doc;
commit;
