-- tenancy_tap: the helpers say yes where they should, and no where they should.
BEGIN;
SELECT no_plan();
\ir helpers/tenancy_tap.sql
CREATE ROLE tenancy_tap_app;
CREATE TABLE docs (id int PRIMARY KEY);
CREATE TABLE open (id int PRIMARY KEY);
SELECT tenancy.protect('docs') \g /dev/null
GRANT SELECT, INSERT ON docs, open TO tenancy_tap_app;
SELECT pg_temp.isolates('docs');
SET LOCAL ROLE tenancy_tap_app;
SELECT pg_temp.as_user('acme', 'alice') \g /dev/null
INSERT INTO docs VALUES (1);
SELECT is((SELECT count(*) FROM docs), 1::bigint, 'the tenant sees its row');
SELECT pg_temp.as_user('globex', 'gus') \g /dev/null
SELECT is((SELECT count(*) FROM docs), 0::bigint, 'another tenant does not, in the same transaction');
SELECT pg_temp.as_nobody() \g /dev/null
SELECT is(tenancy.whoami(), NULL, 'nobody is nobody');
SELECT pg_temp.throws_without_identity('SELECT * FROM docs');
-- Controls: what is not isolated fails.
RESET ROLE;
SELECT * FROM check_test(pg_temp.isolates('open'), false, 'isolates: a plain table');
SELECT * FROM check_test(pg_temp.throws_without_identity('SELECT * FROM open'), false, 'throws_without_identity: a plain table');
SELECT pg_temp.as_user('acme', 'alice') \g /dev/null
SELECT * FROM check_test(pg_temp.throws_without_identity('SELECT 1/0'), false, 'throws_without_identity: inside an identity');
SELECT * FROM finish();
ROLLBACK;
