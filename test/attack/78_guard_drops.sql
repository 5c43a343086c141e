-- What nobody takes off a protected table by accident, superusers neither.
CREATE SCHEMA cellar;
CREATE DOMAIN cellar.kind AS text;
CREATE COLLATION cellar.letters FROM "C";
CREATE TABLE shop.jars (tenant_id text COLLATE cellar.letters, id int, kind cellar.kind,
                        PRIMARY KEY (tenant_id, id));
SELECT tenancy.protect('shop.jars') \g /dev/null

-- attack: DROP ... CASCADE of what the floor depends on
-- role: postgres
-- expect: error TN010 TN010 TN010 TN010 2BP01 2BP01
DROP EXTENSION pg_tenancy CASCADE;
DROP COLLATION cellar.letters CASCADE;
DROP SCHEMA cellar CASCADE;
DO $$ BEGIN DROP SCHEMA cellar CASCADE; END $$;
DROP TYPE tenancy.tenant_id CASCADE;
DROP SCHEMA tenancy CASCADE;
-- control: DROP ... CASCADE of what it does not depend on
-- role: postgres
-- expect: rows 1
DROP DOMAIN cellar.kind CASCADE;
SELECT count(*) FROM pg_policy WHERE polrelid = 'shop.jars'::regclass AND polname = 'tenancy_floor';
ROLLBACK;
BEGIN;
-- control: the table itself goes, its schema too, and unprotect() works
-- role: postgres
-- expect: rows 0
SET LOCAL client_min_messages = warning;
SELECT tenancy.unprotect('shop.docs') \g /dev/null
DROP TABLE shop.jars;
DROP SCHEMA shop CASCADE;
SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace('shop');
ROLLBACK;
BEGIN;
-- control: with the guard off a superuser drops everything
-- role: postgres
-- expect: rows 0
SET LOCAL client_min_messages = warning;
SET LOCAL tenancy.guard = off;
DROP EXTENSION pg_tenancy CASCADE;
SELECT count(*) FROM pg_policy;
ROLLBACK;
BEGIN;
