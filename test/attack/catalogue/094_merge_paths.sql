-- title: MERGE updates and deletes
-- class: dml-control
-- severity: -
-- kind: control
-- leaks: verify /PWNED|^1$/
-- answer: control: policies apply to what MERGE changes

--@ attack
:enter_a
merge into app.doc d using (values (2), (3)) v (id) on d.id = v.id
  when matched then update set secret = 'PWNED' when not matched then do nothing;
merge into app.doc d using (values (2)) v (id) on true when matched and d.tenant_id = 'B' then delete;
commit;
--@ verify
\pset tuples_only
select * from app.doc where tenant_id = 'B';
select count(*) from app.doc where tenant_id = 'B';
