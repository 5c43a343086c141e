-- title: GRANT ALL includes REFERENCES: a foreign key of A's own table probes B's keys
-- class: privileges
-- severity: medium
-- kind: static
-- leaks: differ 2,9001,9002
-- answer: flagged: `grant_references app.doc`

--@ setup
grant all on app.doc to app;
create schema scratch;
grant usage, create on schema scratch to app;
--@ fix
revoke references on app.doc from app;
--@ attack stock
:enter_a
create table scratch.probe (id int references app.doc (id));
insert into scratch.probe values (:guess);
commit;
--@ attack tenancy
:enter_a
create table scratch.probe (owner text, id int, foreign key (owner, id) references app.doc (tenant_id, id));
insert into scratch.probe values ('B', :guess);
commit;
