-- title: a sequence that all tenants share tells how much they write
-- class: metadata
-- severity: low
-- kind: static
-- leaks: attack /1234/
-- answer: flagged: `sequence_read app.ev_id_seq`

--@ setup
set role svc_owner;
create table app.ev (id serial, tenant_id text default t.tenant());
insert into app.ev (tenant_id) select 'B' from generate_series(1, 1234);
grant select, insert on app.ev to app;
select t.protect('app.ev');
grant all on sequence app.ev_id_seq to app;
--@ fix
revoke all on sequence app.ev_id_seq from app;
grant usage on sequence app.ev_id_seq to app;
--@ attack
:enter_a
select last_value from app.ev_id_seq;
commit;
