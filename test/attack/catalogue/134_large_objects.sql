-- title: large objects have owners, not tenants
-- class: structure
-- severity: high
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `function_not_hardened lo_` harden_database() revokes the functions

--@ setup
select 1;
--@ fix
select tenancy.harden_database();
--@ attack
\o /dev/null
:enter_b
select lo_from_bytea(0, 'CANARY_B');
commit;
\o
:enter_a
select convert_from(lo_get(oid), 'utf8') from pg_largeobject_metadata;
commit;
