-- Ways around the guard: other statements, functions, blocks and settings that lead to the same.
CREATE ROLE switcher LOGIN IN ROLE app, app_session;
CREATE ROLE clerk LOGIN IN ROLE app;
GRANT EXECUTE ON FUNCTION tenancy.add_issuer, tenancy.set_jwks, tenancy.rotate_signing_key,
  tenancy.drop_issuer TO clerk;
INSERT INTO tenancy.operators (role, reason) VALUES ('clerk', 'issues tokens');
CREATE FUNCTION shop.owner_locks() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS
  $$ BEGIN EXECUTE 'LOCK TABLE shop.docs IN ROW SHARE MODE'; END $$;
ALTER FUNCTION shop.owner_locks() OWNER TO app_owner;
CREATE FUNCTION playground.definer() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS
  $$ BEGIN EXECUTE 'LOCK TABLE shop.docs IN ROW SHARE MODE'; END $$;
ALTER FUNCTION playground.definer() OWNER TO app;

-- attack: in a DO block, a function, EXECUTE and a procedure
-- as: acme
-- expect: error TN010 TN010 TN010 TN010
DO $$ BEGIN CREATE TEMP TABLE t (id int); END $$;
DO $$ BEGIN EXECUTE 'PREPARE mine AS SELECT 1'; END $$;
CREATE FUNCTION playground.hides() RETURNS void LANGUAGE plpgsql AS
  $$ BEGIN EXECUTE 'DECLARE c CURSOR WITH HOLD FOR SELECT 1'; END $$;
SELECT playground.hides();
SELECT playground.definer();
-- control: a function of the owner does what the owner may
-- as: acme
-- expect: rows t
SELECT shop.owner_locks() IS NOT NULL;

-- attack: by search_path, so that the name says nothing of temporary
-- as: acme
-- expect: error TN010 TN010 TN010 TN010
SET LOCAL search_path = pg_temp;
CREATE TABLE t (id int);
CREATE TEMP TABLE base (id int) ON COMMIT DROP;
CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TYPE c AS (id int);
CREATE TABLE child () INHERITS (base);
-- control: a schema that stays
-- as: acme
-- expect: rows 1
SET LOCAL search_path = playground;
CREATE TABLE kept (id int);
INSERT INTO kept VALUES (1) RETURNING id;
DROP TABLE kept;

-- attack: inside a statement whose own table goes at the end
-- as: acme
-- expect: error TN010
CREATE FUNCTION playground.nested() RETURNS int LANGUAGE plpgsql AS
  $$ BEGIN EXECUTE 'CREATE TEMP TABLE nested (id int)'; RETURN 1; END $$;
CREATE TEMP TABLE t ON COMMIT DROP AS SELECT playground.nested();
-- control: nested, with both going
-- as: acme
-- expect: rows 1
CREATE FUNCTION playground.goes() RETURNS int LANGUAGE plpgsql AS
  $$ BEGIN EXECUTE 'CREATE TEMP TABLE nested (id serial) ON COMMIT DROP'; RETURN 1; END $$;
CREATE TEMP TABLE t ON COMMIT DROP AS SELECT playground.goes() AS one;
SELECT one FROM t;

-- attack: the role changes inside an identity
-- role: switcher
-- as: acme
-- expect: error TN010 TN010 TN010 TN010
SET ROLE app;
SET LOCAL "ROLE" = app;
RESET ROLE;
SET SESSION AUTHORIZATION DEFAULT;
-- control: before it, the role changes
-- role: switcher
-- expect: rows t
SET LOCAL ROLE app;
SELECT tenancy.login(:'acme') \g /dev/null
SELECT count(*) > 0 FROM shop.docs;

-- attack: the role changes by set_config, pg_settings or a function; the identity stays behind
-- role: switcher
-- as: acme
-- expect: error TN010
SELECT set_config('role', 'app', true) \g /dev/null
SELECT count(*) > 0 FROM shop.docs;
-- control: it comes back with the role
-- role: switcher
-- as: acme
-- expect: rows t
SELECT count(*) > 0 FROM shop.docs;
-- attack: by a function that carries the role; it takes the identity along when it returns
-- role: switcher
-- as: acme
-- expect: error TN010 TN010
CREATE FUNCTION playground.as_app() RETURNS boolean LANGUAGE plpgsql SET role = app AS
  $$ BEGIN RETURN (SELECT count(*) > 0 FROM shop.docs); END $$;
SELECT playground.as_app();
SELECT count(*) > 0 FROM shop.docs;
-- control: a function that carries something else
-- role: switcher
-- as: acme
-- expect: rows t|t
CREATE FUNCTION playground.with_memory() RETURNS boolean LANGUAGE plpgsql SET work_mem = '1MB' AS
  $$ BEGIN RETURN (SELECT count(*) > 0 FROM shop.docs); END $$;
SELECT playground.with_memory();
SELECT count(*) > 0 FROM shop.docs;
-- attack: pg_settings has no row for the role
-- role: switcher
-- as: acme
-- expect: rows t
UPDATE pg_settings SET setting = 'app' WHERE name = 'role';
SELECT count(*) > 0 FROM shop.docs;
-- control: it has one for other settings
-- role: switcher
-- as: acme
-- expect: rows 123kB|123kB
UPDATE pg_settings SET setting = '123' WHERE name = 'work_mem';
SHOW work_mem;

-- attack: a role of its own protected table gets out of the guard
-- as: acme
-- wrap: none
-- expect: error TN010
CREATE TABLE playground.of_its_own (tenant_id tenancy.tenant_id, id int);
SELECT tenancy.protect('playground.of_its_own') \g /dev/null
PREPARE mine AS SELECT 1;
-- control: its own table it may alter
-- wrap: none
-- expect: empty
ALTER TABLE playground.of_its_own ADD COLUMN body text;
BEGIN;
LOCK TABLE playground.of_its_own;
COMMIT;
DROP TABLE playground.of_its_own;

-- attack: administration from inside an identity by whom it was granted to
-- role: clerk
-- as: acme
-- expect: error TN010 TN010 TN010 TN010 TN010
SELECT tenancy.issue_token('globex');
SELECT tenancy.add_issuer('https://evil.example', '{app}');
SELECT tenancy.set_jwks('https://idp.example', :'jwks');
SELECT tenancy.rotate_signing_key();
SELECT tenancy.drop_issuer('https://partner.example');
-- control: outside one
-- role: clerk
-- expect: matches eyJ
SELECT tenancy.issue_token('globex');
