-- An administrator works on a table of the attacker: nothing of the attacker's may run with the
-- administrator's rights. Everything the table can hold says as whom it ran, and tries.
GRANT ALL ON SCHEMA playground TO app;
SET ROLE app;
SET search_path = playground;
CREATE FUNCTION seize() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE NOTICE 'ran as %', current_user;
  BEGIN EXECUTE 'ALTER ROLE app SUPERUSER'; EXCEPTION WHEN OTHERS THEN NULL; END;
END $$;
CREATE FUNCTION evil(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
  $$ BEGIN PERFORM playground.seize(); RETURN n; END $$;
CREATE FUNCTION evil_trigger() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN PERFORM playground.seize(); RETURN NEW; END $$;
CREATE DOMAIN evil_number AS int CHECK (playground.evil(VALUE) IS NOT NULL);
CREATE FUNCTION evil_table(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format($f$
    CREATE TABLE playground.%1$I (
      id int PRIMARY KEY, slug text UNIQUE, org text,
      made int DEFAULT playground.evil(1),
      checked int DEFAULT 1 CHECK (playground.evil(checked) > 0),
      generated int GENERATED ALWAYS AS (playground.evil(id)) STORED,
      typed playground.evil_number DEFAULT 1);
    INSERT INTO playground.%1$I (id, slug, org) VALUES (1, 'a', 'acme'), (2, 'b', 'acme');
    CREATE UNIQUE INDEX ON playground.%1$I (playground.evil(id));
    CREATE UNIQUE INDEX ON playground.%1$I (slug) WHERE playground.evil(id) > 0;
    CREATE TRIGGER each BEFORE INSERT OR UPDATE ON playground.%1$I
      FOR EACH ROW EXECUTE FUNCTION playground.evil_trigger();
    CREATE TRIGGER after_each AFTER INSERT OR UPDATE ON playground.%1$I
      FOR EACH ROW EXECUTE FUNCTION playground.evil_trigger();
    CREATE TRIGGER always BEFORE UPDATE ON playground.%1$I
      FOR EACH STATEMENT EXECUTE FUNCTION playground.evil_trigger();
    ALTER TABLE playground.%1$I ENABLE ALWAYS TRIGGER always;
    ALTER TABLE playground.%1$I ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON playground.%1$I USING (playground.evil(id) > 0)
  $f$, name);
END $$;
SET client_min_messages = warning;
SELECT evil_table('trap'), evil_table('trap_org'), evil_table('trap_user'), evil_table('trap_off'),
       evil_table('o''; ALTER ROLE app SUPERUSER; --"'), evil_table('fired') \g /dev/null
RESET search_path;
RESET ROLE;
RESET client_min_messages;

-- attack: protect() runs what the table's owner put into it
-- role: postgres
-- expect: lacks ran as postgres|^t$
-- expect: matches ^f$
-- expect: matches ^protected$
SELECT tenancy.protect('playground.trap', backfill_tenant => 'acme',
                       existing_policies => 'replace') \g /dev/null
SELECT 'protected' FROM tenancy.protected_tables WHERE relation = 'playground.trap'::regclass;
SELECT rolsuper FROM pg_roles WHERE rolname = 'app';
-- control: it runs as the owner where the owner writes
-- expect: matches ran as app
UPDATE playground.fired SET org = 'x';

-- attack: a backfill expression over the attacker's table
-- role: postgres
-- expect: lacks ran as postgres|^t$
-- expect: matches ^f$
SELECT tenancy.protect('playground.trap_org', backfill_using => 'org || left(playground.evil(0)::text, 0)',
                       existing_policies => 'replace') \g /dev/null
SELECT rolsuper FROM pg_roles WHERE rolname = 'app';
-- control: the expression was used
-- role: postgres
-- expect: rows acme
SELECT DISTINCT tenant_id FROM playground.trap_org;

-- attack: isolation by user, and taking it off again
-- role: postgres
-- expect: lacks ran as postgres|^t$
-- expect: matches ^f$
DELETE FROM playground.trap_user;
SELECT tenancy.protect('playground.trap_user', isolate_by => 'user',
                       existing_policies => 'replace') \g /dev/null
SELECT tenancy.unprotect('playground.trap_user', restore_keys => true) \g /dev/null
SELECT rolsuper FROM pg_roles WHERE rolname = 'app';
-- control: the keys are the old ones
-- role: postgres
-- expect: rows PRIMARY KEY (id)
SELECT pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = 'playground.trap_user'::regclass AND contype = 'p';

-- attack: unprotect() with columns converted
-- role: postgres
-- expect: lacks ran as postgres|^t$
-- expect: matches ^f$
SELECT tenancy.protect('playground.trap_off', backfill_tenant => 'acme',
                       existing_policies => 'replace') \g /dev/null
SELECT tenancy.unprotect('playground.trap_off', restore_keys => true,
                         convert_columns => 'text') \g /dev/null
SELECT rolsuper FROM pg_roles WHERE rolname = 'app';
-- control: the column is text
-- role: postgres
-- expect: rows text
SELECT atttypid::regtype FROM pg_attribute
WHERE attrelid = 'playground.trap_off'::regclass AND attname = 'tenant_id';

-- attack: SQL in a table's name
-- role: postgres
-- expect: lacks ran as postgres|^t$
-- expect: matches ^f$
SELECT tenancy.protect(oid, backfill_tenant => 'acme', existing_policies => 'replace')
FROM pg_class WHERE relkind = 'r' AND relname LIKE 'o''; ALTER%' \g /dev/null
SELECT rolsuper FROM pg_roles WHERE rolname = 'app';
-- control: the table with that name is protected
-- role: postgres
-- expect: rows t
SELECT relrowsecurity AND relforcerowsecurity FROM pg_class
WHERE relkind = 'r' AND relname LIKE 'o''; ALTER%';

-- attack: SQL in the names that protect() is given
-- role: postgres
-- expect: lacks ^t$
-- expect: matches ^f$
CREATE TABLE playground.names (id int PRIMARY KEY);
SELECT tenancy.protect('playground.names',
  tenant_column => 't"; ALTER ROLE app SUPERUSER; --') \g /dev/null
SELECT rolsuper FROM pg_roles WHERE rolname = 'app';
-- control: the column bears the name
-- role: postgres
-- expect: rows 1
SELECT count(*) FROM pg_attribute
WHERE attrelid = 'playground.names'::regclass AND attname LIKE 't"; ALTER%';

-- attack: functions and operators of the attacker first in the administrator's search_path
-- role: postgres
-- expect: lacks ran as postgres|^t$|ERROR
-- expect: matches ^f$
SET LOCAL ROLE app;
CREATE FUNCTION playground.format(text, VARIADIC text[]) RETURNS text LANGUAGE plpgsql AS
  $$ BEGIN PERFORM playground.seize(); RETURN pg_catalog.format($1, VARIADIC $2); END $$;
CREATE FUNCTION playground.evil_eq(oid, oid) RETURNS boolean LANGUAGE plpgsql AS
  $$ BEGIN PERFORM playground.seize(); RETURN $1 OPERATOR(pg_catalog.=) $2; END $$;
CREATE OPERATOR playground.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = playground.evil_eq);
CREATE FUNCTION playground.evil_name_eq(name, name) RETURNS boolean LANGUAGE plpgsql AS
  $$ BEGIN PERFORM playground.seize(); RETURN $1 OPERATOR(pg_catalog.=) $2; END $$;
CREATE OPERATOR playground.= (LEFTARG = name, RIGHTARG = name, FUNCTION = playground.evil_name_eq);
CREATE TABLE playground.path (id int PRIMARY KEY, slug text UNIQUE);
RESET ROLE;
SET LOCAL search_path = playground, pg_catalog, public;
SELECT tenancy.protect('playground.path') \g /dev/null
SELECT tenancy.unprotect('playground.path') \g /dev/null
SELECT tenancy.alter_issuer('https://partner.example', '{"leeway": "10 s"}') \g /dev/null
SELECT tenancy.status() \g /dev/null
SELECT count(*) FROM tenancy.protected_tables \g /dev/null
SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) 'app';
-- control: what the administrator writes without a schema finds them
-- role: postgres
-- expect: matches ran as postgres
SET LOCAL search_path = playground, pg_catalog;
SELECT format('%s', VARIADIC ARRAY['x']);
ROLLBACK;
