-- title: a table that is protected as it should be: forced, one policy, a role that does not own it
-- class: control
-- severity: -
-- kind: control
-- leaks: attack /CANARY_B/
-- answer: control: the harness does not cry leak by itself

--@ attack
:enter_a
select * from app.doc;
select doc from app.doc;
update app.doc set n = 0 where id = 2 returning *;
select * from app.doc where secret like 'CANARY_B%';
commit;
