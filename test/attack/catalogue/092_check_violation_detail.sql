-- title: error messages of constraints do not show rows
-- class: error-messages
-- severity: -
-- kind: control
-- leaks: attack /CANARY|Failing row contains/
-- answer: control: PostgreSQL leaves the row out where row security applies

--@ setup
alter table app.doc add check (n < 100);
--@ attack
:enter_a
update app.doc set n = 1000 where id = 1;
insert into app.doc (id, secret, n) values (1, 'x', 1);
insert into app.doc (id, secret, n) values (2, 'x', 1);
commit;
