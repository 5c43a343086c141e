-- title: several tenants as a list in one text: a tenant whose name holds the comma
-- class: type-confusion
-- severity: high
-- kind: both
-- leaks: attack /CANARY_B/
-- answer: flagged: `policy_splits_text app.doc`

--@ setup
select t.bare('app.doc');
create policy iso on app.doc using (tenant_id = any (string_to_array(t.tenant(), ',')));
--@ fix
select t.protect('app.doc');
--@ attack
:enter_list
select * from app.doc;
commit;
