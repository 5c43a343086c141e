-- title: an exclusion constraint tells what another tenant has booked
-- class: constraint-oracle
-- severity: medium
-- kind: static
-- leaks: differ 15,55,66
-- answer: closed: protect() puts the tenant into the constraint

--@ setup
create extension btree_gist;
set role svc_owner;
create table app.booking (during int4range, tenant_id text default t.tenant(),
                          exclude using gist (during with &&));
insert into app.booking values ('[10,20)', 'B');
grant select, insert on app.booking to app;
select t.protect('app.booking');
--@ attack
:enter_a
insert into app.booking (during) values (int4range(:guess, :guess + 1));
commit;
