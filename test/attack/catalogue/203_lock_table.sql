-- title: LOCK TABLE stops every tenant
-- class: shared-role
-- severity: medium
-- kind: dynamic
-- leaks: attack /^LOCK TABLE$/
-- answer: closed: the guard refuses LOCK TABLE of protected tables
-- says: is refused to roles

--@ attack
:enter_a
lock table app.doc in access exclusive mode;
commit;
