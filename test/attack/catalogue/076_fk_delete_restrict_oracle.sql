-- title: a foreign key from B's row to A's tells A by the error that it exists
-- class: constraint-oracle
-- severity: low
-- kind: static
-- leaks: differ 1001,1014,1015
-- answer: closed: protect() puts the tenant into the foreign key; what joins tenants already is refused

--@ setup stock
set role svc_owner;
create table app.parent (id int primary key, tenant_id text not null default t.tenant());
insert into app.parent values (1001, 'A'), (1014, 'A'), (1015, 'A');
create table app.note (id int, tenant_id text not null default t.tenant(),
                       doc_id int references app.parent);
insert into app.note values (1, 'B', 1001);
grant select, delete on app.parent to app;
select t.protect('app.note');
select t.protect('app.parent');
--@ setup tenancy
set role svc_owner;
create table app.parent (id int primary key, tenant_id text not null default t.tenant());
insert into app.parent values (1001, 'A'), (1014, 'A'), (1015, 'A');
create table app.note (id int, tenant_id text not null default t.tenant(),
                       doc_id int references app.parent);
grant select, delete on app.parent to app;
grant insert on app.note to app;
select t.protect('app.note');
select t.protect('app.parent');
--@ attack tenancy
\o /dev/null
:enter_b
insert into app.note (id, doc_id) values (1, 1001);
commit;
\o
:enter_a
delete from app.parent where id = :guess;
rollback;
--@ attack stock
:enter_a
delete from app.parent where id = :guess;
rollback;
