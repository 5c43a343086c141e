-- A superuser who protects somebody's table lends that somebody nothing.
BEGIN;
SELECT no_plan();
CREATE ROLE protect_owner_mallory;
CREATE SCHEMA app AUTHORIZATION protect_owner_mallory;
SET LOCAL ROLE protect_owner_mallory;
CREATE TABLE app.witness (who name, via text);

-- Code of the owner's making in every place that protecting runs through.
CREATE FUNCTION app.note(via text) RETURNS bool LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO app.witness VALUES (current_user, via);
  BEGIN
    EXECUTE 'ALTER ROLE protect_owner_mallory SUPERUSER';
  EXCEPTION WHEN insufficient_privilege THEN NULL;
  END;
  RETURN true;
END$$;
CREATE FUNCTION app.lower(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS
  $$BEGIN PERFORM app.note('index expression'); RETURN pg_catalog.lower($1); END$$;
CREATE FUNCTION app.wanted(int) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS
  $$BEGIN RETURN app.note('index predicate'); END$$;
CREATE FUNCTION app.checked(text) RETURNS bool LANGUAGE plpgsql AS
  $$BEGIN RETURN app.note('check constraint'); END$$;
CREATE FUNCTION app.fire() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN PERFORM app.note('trigger'); RETURN NEW; END$$;
CREATE FUNCTION app.org(text) RETURNS text LANGUAGE plpgsql AS
  $$BEGIN PERFORM app.note('backfill'); RETURN $1; END$$;
CREATE TABLE app.t (id int PRIMARY KEY, name text CHECK (app.checked(name)));
INSERT INTO app.t VALUES (1, 'acme');
CREATE UNIQUE INDEX t_lower ON app.t (app.lower(name)) WHERE app.wanted(id);
CREATE TRIGGER t_fire BEFORE UPDATE ON app.t FOR EACH ROW EXECUTE FUNCTION app.fire();
ALTER TABLE app.t ENABLE ALWAYS TRIGGER t_fire;
DELETE FROM app.witness;

RESET ROLE;
CREATE TEMP TABLE who AS SELECT current_user AS me;
SELECT lives_ok($$SELECT tenancy.protect('app.t', backfill_using => 'app.org(name)')$$,
  'a superuser protects the table of another');
SELECT is(current_user::text, me::text, 'and is who they were afterwards') FROM who;
SELECT ok(EXISTS (SELECT FROM app.witness WHERE witness.via = places.via), 'ran: ' || via)
FROM unnest(ARRAY['index expression', 'index predicate', 'check constraint', 'backfill']) places(via);
SELECT is_empty($$SELECT * FROM app.witness WHERE via = 'trigger'$$, 'did not run: the trigger');
SELECT results_eq('SELECT DISTINCT who FROM app.witness', $$VALUES ('protect_owner_mallory'::name)$$,
  'all of it ran as the owner');
SELECT is(rolsuper, false, 'the owner is no superuser') FROM pg_roles
WHERE rolname = 'protect_owner_mallory';

-- Control: what the same code does with a superuser's rights.
SAVEPOINT control;
INSERT INTO app.t(tenant_id, id, name) VALUES ('acme', 2, 'x');
SELECT is(rolsuper, true, 'control: the code is harmful to a superuser who runs it') FROM pg_roles
WHERE rolname = 'protect_owner_mallory';
ROLLBACK TO control;

-- In a security-restricted operation the owner's code leaves nothing in the superuser's session.
SET LOCAL ROLE protect_owner_mallory;
CREATE FUNCTION app.plant(text) RETURNS text LANGUAGE plpgsql AS
  $$BEGIN CREATE TEMP TABLE planted (x int); RETURN $1; END$$;
CREATE TABLE app.u (id int PRIMARY KEY, name text);
INSERT INTO app.u VALUES (1, 'acme');
RESET ROLE;
SELECT throws_ok($$SELECT tenancy.protect('app.u', backfill_using => 'app.plant(name)')$$, '42501',
  NULL, 'no temporary table');
SELECT hasnt_column('app', 'u', 'tenant_id', 'and nothing is half done');
SELECT is(current_user::text, me::text, 'after an error too') FROM who;
SELECT lives_ok($$SELECT tenancy.protect('app.u', backfill_using => 'name')$$, 'control');

-- A member of the owner may, somebody else may not.
CREATE ROLE protect_owner_member IN ROLE protect_owner_mallory;
CREATE ROLE protect_owner_other;
CREATE TABLE app.v (id int PRIMARY KEY);
ALTER TABLE app.v OWNER TO protect_owner_mallory;
GRANT USAGE ON SCHEMA app TO protect_owner_other;
GRANT ALL ON app.v TO protect_owner_other;
SET LOCAL ROLE protect_owner_other;
SELECT throws_ok($$SELECT tenancy.protect('app.v')$$, '42501', 'must be owner of table v',
  'all privileges are not ownership');
SET LOCAL ROLE protect_owner_member;
SELECT lives_ok($$SELECT tenancy.protect('app.v')$$, 'a member of the owner');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
