-- title: a table without row security is granted to PUBLIC
-- class: grants
-- severity: high
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `public_grant public.export`

--@ setup
create table public.export (tenant_id text, secret text);
insert into public.export values ('B', 'CANARY_B');
grant select on public.export to public;
--@ fix
revoke all on public.export from public;
--@ attack
:enter_a
select * from public.export;
commit;
