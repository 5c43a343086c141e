-- title: a cursor opened for B goes on giving B's rows after the switch to A
-- class: stale-plan
-- severity: high
-- kind: dynamic
-- leaks: attack /CANARY_B/
-- answer: closed: one identity per transaction (TN011)
-- says: TN011|a transaction has one identity|identity

--@ setup stock
select t.bare('app.doc');
create policy iso on app.doc using (tenant_id = (select t.tenant()));
--@ attack stock
\o /dev/null
:enter_b
declare c cursor for select * from app.doc;
fetch 1 from c;
\o
set app.tenant = 'A';
fetch all from c;
commit;
--@ attack tenancy
\set ON_ERROR_ROLLBACK off
\o /dev/null
:enter_b
declare c cursor for select * from app.doc;
fetch 1 from c;
\o
select tenancy.login(:'token_a') \g /dev/null
fetch all from c;
commit;
