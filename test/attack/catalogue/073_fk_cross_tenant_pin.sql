-- title: a foreign key of A's row pins B's row: B cannot delete it
-- class: constraint-oracle
-- severity: high
-- kind: static
-- leaks: verify /violates foreign key/
-- answer: closed: protect() puts the tenant into the foreign key

--@ setup
set role svc_owner;
create table app.parent (id int primary key, tenant_id text not null default t.tenant());
insert into app.parent values (1, 'A'), (2, 'B');
create table app.note (id int, tenant_id text not null default t.tenant(),
                       doc_id int references app.parent);
grant select, insert on app.note to app;
grant select, delete on app.parent to app;
select t.protect('app.note');
select t.protect('app.parent');
--@ attack
:enter_a
insert into app.note (id, doc_id) values (1, 2);
commit;
--@ verify
\c - app
:enter_b
delete from app.parent where id = 2;
commit;
