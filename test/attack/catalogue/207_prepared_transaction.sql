-- title: a prepared transaction of B belongs to the role that A shares
-- class: shared-role
-- severity: medium
-- kind: dynamic
-- leaks: attack /^ROLLBACK PREPARED/
-- answer: closed: the guard refuses PREPARE TRANSACTION inside an identity

--@ attack
\o /dev/null
:enter_b
insert into app.doc (id, secret) values (99, 'x');
prepare transaction 'catalogue_207';
rollback;
\o
rollback prepared 'catalogue_207';
