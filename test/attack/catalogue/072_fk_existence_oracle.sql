-- title: a foreign key tells whether a key exists in another tenant
-- class: constraint-oracle
-- severity: medium
-- kind: static
-- leaks: differ 2,9001,9002
-- answer: closed: protect() puts the tenant into the foreign key

--@ setup
set role svc_owner;
create table app.parent (id int primary key, tenant_id text not null default t.tenant());
insert into app.parent values (1, 'A'), (2, 'B');
create table app.note (id int, tenant_id text not null default t.tenant(),
                       doc_id int references app.parent);
grant select, insert on app.note to app;
select t.protect('app.note');
select t.protect('app.parent');
--@ attack
:enter_a
insert into app.note (id, doc_id) values (1, :guess);
commit;
