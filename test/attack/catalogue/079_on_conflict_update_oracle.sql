-- title: ON CONFLICT DO UPDATE fails where the value exists in another tenant
-- class: constraint-oracle
-- severity: medium
-- kind: static
-- leaks: differ bob,zed,yan
-- answer: closed: protect() puts the tenant into the key, and ON CONFLICT finds it

--@ setup
set role svc_owner;
create table app.acct (email text primary key, tenant_id text default t.tenant());
insert into app.acct values ('bob', 'B');
grant select, insert, update on app.acct to app;
select t.protect('app.acct');
--@ attack
:enter_a
insert into app.acct (email) values (:'guess') on conflict (email) do update set email = excluded.email;
commit;
