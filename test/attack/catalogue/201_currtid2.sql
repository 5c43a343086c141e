-- title: currtid2() follows another tenant's updates, past row security
-- class: catalog
-- severity: medium
-- kind: dynamic
-- leaks: attack /^\(0,[4-9]\)$/
-- answer: flagged: `function_not_hardened currtid2` harden_database() revokes it

--@ setup
update app.doc set n = 44 where id = 2;
--@ fix
select tenancy.harden_database();
--@ attack
:enter_a
select currtid2('app.doc', '(0,2)');
commit;
