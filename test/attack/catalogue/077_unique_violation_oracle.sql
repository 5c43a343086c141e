-- title: a unique key tells whether a value exists in another tenant
-- class: constraint-oracle
-- severity: medium
-- kind: static
-- leaks: differ bob,zed,yan
-- answer: closed: protect() puts the tenant into the key

--@ setup
set role svc_owner;
create table app.acct (email text unique, tenant_id text default t.tenant());
insert into app.acct values ('bob', 'B');
grant select, insert on app.acct to app;
select t.protect('app.acct');
--@ attack
:enter_a
insert into app.acct (email) values (:'guess');
commit;
