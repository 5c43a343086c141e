-- title: deleting a row that all tenants share cascades into B's rows
-- class: constraint-oracle
-- severity: high
-- kind: static
-- leaks: verify /^0$/
-- answer: flagged: `foreign_key_cascade app.run`

--@ setup
set role svc_owner;
create table app.model (id int primary key);
insert into app.model values (1);
create table app.run (id int, tenant_id text, model_id int references app.model on delete cascade);
insert into app.run values (1, 'B', 1);
grant select, delete on app.model to app;
grant select on app.run to app;
select t.protect('app.run');
--@ fix
revoke delete on app.model from app;
--@ attack
:enter_a
delete from app.model where id = 1;
commit;
--@ verify
\pset tuples_only
select count(*) from app.run where tenant_id = 'B';
