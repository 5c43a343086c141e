-- tenancy.operators and who may issue which token.
BEGIN;
SELECT no_plan();
CREATE ROLE operators_support LOGIN;
CREATE ROLE operators_jobs;
CREATE ROLE operators_all;
CREATE ROLE operators_gone;
CREATE ROLE operators_ann LOGIN IN ROLE operators_support;
CREATE ROLE operators_bob LOGIN NOINHERIT IN ROLE operators_support;
CREATE ROLE operators_two LOGIN IN ROLE operators_support, operators_jobs;
CREATE ROLE operators_every LOGIN IN ROLE operators_support, operators_jobs, operators_all;
CREATE ROLE operators_none LOGIN;
INSERT INTO tenancy.operators VALUES
  ('operators_support', '{acme,F47AC10B-58CC-4372-A567-0E02B2C3D479}', '{docs:*,ticket:read}', '30 min', 'support'),
  ('operators_jobs', '{initech}', '{job:run}', '1 h', 'nightly jobs'),
  ('operators_gone', NULL, NULL, '24 h', 'to be dropped');
INSERT INTO tenancy.operators (role, reason) VALUES ('operators_all', 'everything');

CREATE FUNCTION tries(who name, arguments text, entry boolean DEFAULT true) RETURNS text LANGUAGE plpgsql AS $$
DECLARE token text; detail text;
BEGIN
  EXECUTE format('SET LOCAL ROLE %I', who);
  EXECUTE format('SELECT tenancy.issue_token(%s)', arguments) INTO token;
  RESET ROLE;
  RETURN coalesce((SELECT claims ->> 'permissions' FROM tenancy.verify_jwt(token) claims), 'not bounded');
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN SQLSTATE || ' ' || detail;
END $$;
SELECT is(tries(who, arguments), expected, format('%s: %s', who, arguments)) FROM (VALUES
  ('operators_none', $$'acme'$$, '42501 The role operators_none has no entry in tenancy.operators, nor have roles whose privileges it has.'),
  ('operators_support', $$'acme'$$, '["docs:*", "ticket:read"]'),
  ('operators_support', $$'f47ac10b-58cc-4372-a567-0e02b2c3d479'$$, '["docs:*", "ticket:read"]'),
  ('operators_support', $$'globex'$$, $$42501 The caller's entry in tenancy.operators does not name the tenant "globex".$$),
  ('operators_support', $$'acme', ttl => '30 min'$$, '["docs:*", "ticket:read"]'),
  ('operators_support', $$'acme', ttl => '31 min'$$,
    $$42501 The token would live 1860 seconds; max_ttl of the caller's entry in tenancy.operators is 1800 seconds.$$),
  ('operators_support', $$'acme', permissions => '{docs:doc:read}'$$, '["docs:doc:read"]'),
  ('operators_support', $$'acme', permissions => '{}'$$, '[]'),
  ('operators_support', $$'acme', permissions => '{docs:doc:read,ticket:write}'$$,
    $$42501 The caller's entry in tenancy.operators does not cover the permission "ticket:write".$$),
  ('operators_support', $$'acme', permissions => '{*}'$$,
    $$42501 The caller's entry in tenancy.operators does not cover the permission "*".$$),
  -- The privileges of the entry's role count, not the membership in it.
  ('operators_ann', $$'acme'$$, '["docs:*", "ticket:read"]'),
  ('operators_bob', $$'acme'$$, '42501 The role operators_bob has no entry in tenancy.operators, nor have roles whose privileges it has.'),
  -- Two entries are not added up.
  ('operators_two', $$'acme', permissions => '{docs:doc:read}'$$, '["docs:doc:read"]'),
  ('operators_two', $$'initech', permissions => '{job:run}'$$, '["job:run"]'),
  ('operators_two', $$'acme', permissions => '{job:run}'$$,
    $$42501 The caller's entry in tenancy.operators does not cover the permission "job:run".$$),
  ('operators_two', $$'acme', ttl => '1 h'$$,
    $$42501 The token would live 3600 seconds; max_ttl of the caller's entry in tenancy.operators is 1800 seconds.$$),
  ('operators_every', $$'acme', permissions => '{job:run}'$$, '["job:run"]'),
  ('operators_every', $$'acme'$$, 'not bounded'),
  ('operators_every', $$'acme', ttl => '20 min'$$, '["docs:*", "ticket:read"]'),
  ('operators_all', $$'anything'$$, 'not bounded'),
  ('operators_all', $$'anything', ttl => '16 min'$$,
    $$42501 The token would live 960 seconds; max_ttl of the caller's entry in tenancy.operators is 900 seconds.$$),
  -- Arguments are looked at first, as before.
  ('operators_none', $$NULL$$, '22023 A token is for one tenant.'),
  ('operators_none', $$'acme', ttl => '25 h'$$, '22023 A token lives between one second and 24 hours.'),
  ('operators_all', $$'acme', claims => '{"jti": 1, "aud": 2}'$$, '22023 The function sets aud, jti by itself.'),
  -- A superuser is not bounded, nor is what runs as one.
  ('postgres', $$'anything', ttl => '24 h'$$, 'not bounded')) v (who, arguments, expected);

-- What the token says is what was asked.
SET LOCAL ROLE operators_all;
SELECT tenancy.issue_token('acme', 'ann', '{"a role",Zürich}', claims => '{"plan": {"x": [1, "\"ü"]}, "z": null}') AS token \gset
RESET ROLE;
SELECT is(claims - '{iss,aud,iat,exp,jti}'::text[],
  '{"sub": "ann", "tenant_id": "acme", "roles": ["a role", "Zürich"], "plan": {"x": [1, "\"ü"]}, "z": null}', 'its claims')
FROM tenancy.verify_jwt(:'token') claims;

-- A change counts at once.
SELECT is(tries('operators_gone', $$'acme'$$), 'not bounded', 'an entry');
UPDATE tenancy.operators SET tenant_ids = '{}' WHERE role = 'operators_gone'::regrole;
SELECT is(tries('operators_gone', $$'acme'$$), $$42501 The caller's entry in tenancy.operators does not name the tenant "acme".$$,
  'an empty list names no tenant');
UPDATE tenancy.operators SET tenant_ids = NULL WHERE role = 'operators_gone'::regrole;

-- A dropped role leaves a number, which is nobody's, and which no dump takes along.
DROP ROLE operators_gone;
SELECT is((SELECT count(*) FROM tenancy.operators WHERE role::text ~ '^[0-9]+$'), 1::bigint, 'the number of a dropped role stays');
SELECT matches(tries('operators_none', $$'acme'$$), '^42501 The role operators_none has no entry', 'it is for nobody');
SELECT lives_ok($$SET LOCAL ROLE operators_all; SELECT tenancy.issue_token('acme')$$, 'and in nobody''s way');
RESET ROLE;
SELECT is((SELECT c FROM pg_extension, unnest(extconfig, extcondition) u (t, c) WHERE extname = 'pg_tenancy' AND t = 'tenancy.operators'::regclass),
  'WHERE role IN (SELECT oid FROM pg_catalog.pg_roles)', 'dumps leave it out');
SELECT is((SELECT count(*) FROM tenancy.operators WHERE role IN (SELECT oid FROM pg_catalog.pg_roles)), 3::bigint, 'and nothing else');

-- What the table takes.
SELECT throws_ok(format('INSERT INTO tenancy.operators VALUES (%s)', bad), state, NULL, bad) FROM (VALUES
  ($$'operators_none', '{acme,NULL}', NULL, '1 h', 'x'$$, '23514'), ($$'operators_none', NULL, '{NULL}', '1 h', 'x'$$, '23514'),
  ($$'operators_none', NULL, NULL, '0', 'x'$$, '23514'), ($$'operators_none', NULL, NULL, '25 h', 'x'$$, '23514'),
  ($$'operators_none', NULL, NULL, '1 h', ''$$, '23514'), ($$'operators_none', NULL, NULL, '1 h', NULL$$, '23502'),
  ($$'operators_none', NULL, '{a::b}', '1 h', 'x'$$, '22P02'), ($$'operators_all', NULL, NULL, '1 h', 'x'$$, '23505'),
  ($$'operators_nobody', NULL, NULL, '1 h', 'x'$$, '42704')) v (bad, state);
SELECT lives_ok($$INSERT INTO tenancy.operators VALUES ('operators_none', '{}', '{}', '24 h', 'x')$$, 'the bounds themselves');

-- The first token makes the key, with the rights of the extension's owner and of nobody else.
DELETE FROM tenancy.signing_keys;
CREATE SCHEMA operators_trap AUTHORIZATION operators_all;
CREATE FUNCTION operators_trap.clock_timestamp() RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN RAISE 'code of the caller runs as %', current_user; END $$;
CREATE FUNCTION operators_trap.plus(timestamptz, interval) RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN RAISE 'code of the caller runs as %', current_user; END $$;
CREATE OPERATOR operators_trap.+ (LEFTARG = timestamptz, RIGHTARG = interval, FUNCTION = operators_trap.plus);
GRANT USAGE ON SCHEMA operators_trap TO operators_all;
SET LOCAL ROLE operators_all;
SET LOCAL search_path = operators_trap, pg_catalog, public;
SELECT throws_ok('SELECT clock_timestamp()', 'P0001', 'code of the caller runs as operators_all', 'the trap works');
SELECT lives_ok($$SELECT tenancy.issue_token('acme')$$, 'the key is made, past what the caller put into search_path');
SELECT is(current_user::text, 'operators_all', 'and the caller is who they were');
SELECT is(current_setting('search_path'), 'operators_trap, pg_catalog, public', 'with what they had set');
RESET ROLE;
RESET search_path;
SELECT is((SELECT count(*) FROM tenancy.signing_secrets), 1::bigint, 'one key');

-- Inside an identity nobody but a superuser issues, entry or not.
SET LOCAL tenancy.entry_check = off;
SET LOCAL ROLE operators_all;
SELECT count(tenancy.login(tenancy.issue_token('acme'))) \gset
SELECT throws_ok($$SELECT tenancy.issue_token('acme')$$, 'TN010', 'tenancy.issue_token() is refused inside an identity', 'inside');
SELECT finish();
ROLLBACK;
