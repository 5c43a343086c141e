-- title: advisory locks have one name space, which everybody sees and may block
-- class: shared-role
-- severity: low
-- kind: dynamic
-- leaks: attack /7700421|^f$/
-- answer: flagged: `function_not_hardened pg_advisory_lock` `function_not_hardened pg_lock_status` harden_database() revokes the functions

--@ setup
select 1;
--@ fix
select tenancy.harden_database();
--@ other
:enter_b
select pg_advisory_lock(7700421);
--@ attack
:enter_a
select classid, objid, pid is not null as held from pg_locks where locktype = 'advisory';
select pg_try_advisory_lock(7700421) as got;
commit;
