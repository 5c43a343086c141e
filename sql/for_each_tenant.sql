-- CALL tenancy.for_each_tenant(): one transaction and one identity per tenant.
CREATE ROLE for_each_tenant_jobs LOGIN;
CREATE ROLE for_each_tenant_some LOGIN;
CREATE ROLE for_each_tenant_none LOGIN;
INSERT INTO tenancy.tenants (tenant_id, status) VALUES ('acme', 'active'), ('globex', 'active'), ('initech', 'active'),
  ('paused', 'suspended'), ('gone', 'closed');
INSERT INTO tenancy.operators VALUES ('for_each_tenant_jobs', NULL, NULL, '1 h', 'jobs'),
  ('for_each_tenant_some', '{initech,acme,paused}', '{report:make}', '5 min', 'reports');
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO PUBLIC;
CREATE TABLE app.docs (id int, body text, PRIMARY KEY (id));
SELECT count(*) > 0 AS protected FROM tenancy.protect('app.docs');
-- Who ran when, past row security.
CREATE TABLE app.seen (n serial, tenant text, who text, permissions text, lasts int, transaction xid8 DEFAULT pg_current_xact_id());
CREATE FUNCTION app.note(text DEFAULT '') RETURNS void LANGUAGE sql AS $$
  INSERT INTO app.seen (tenant, who, permissions, lasts)
  SELECT tenant_id::text || $1, current_user, permissions::text, round(extract(epoch FROM expires_at - clock_timestamp()) / 60)
  FROM tenancy.whoami() $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON app.docs, app.seen TO for_each_tenant_jobs, for_each_tenant_some, for_each_tenant_none;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA app TO PUBLIC;

-- All active tenants in order, each in a transaction of its own, as the caller.
\c - for_each_tenant_jobs
CALL tenancy.for_each_tenant('SELECT app.note(); INSERT INTO app.docs (id, body) VALUES (1, ''x'')');
SELECT tenant, who, permissions, lasts FROM app.seen ORDER BY n;
SELECT count(DISTINCT transaction) AS transactions FROM app.seen;
SELECT (tenancy.whoami()).tenant_id AS left_behind;
\c - postgres
SELECT tenant_id, id, body FROM app.docs ORDER BY 1;
TRUNCATE app.seen, app.docs;

-- Within the entry, whose permissions and max_ttl the job has.
\c - for_each_tenant_some
CALL tenancy.for_each_tenant('SELECT app.note()');
CALL tenancy.for_each_tenant('SELECT app.note()', '{initech,acme,initech}');
SELECT tenant, who, permissions, lasts FROM app.seen ORDER BY n;
CALL tenancy.for_each_tenant('SELECT app.note()', '{acme,globex}');
\echo :LAST_ERROR_SQLSTATE
-- An operator of some tenants does not learn which others there are.
CALL tenancy.for_each_tenant('SELECT app.note()', '{nobody}');
\echo :LAST_ERROR_SQLSTATE
\c - for_each_tenant_jobs
CALL tenancy.for_each_tenant('SELECT app.note()', '{acme,nobody}');
\echo :LAST_ERROR_SQLSTATE
\c - for_each_tenant_none
CALL tenancy.for_each_tenant('SELECT app.note()');
\echo :LAST_ERROR_SQLSTATE
\c - postgres
SELECT count(*) AS "four ran before, and nothing since" FROM app.seen;
TRUNCATE app.seen;
-- Who bypasses row security would meet the rows of all tenants in each turn.
CALL tenancy.for_each_tenant('SELECT app.note()');
\echo :LAST_ERROR_SQLSTATE
ALTER ROLE for_each_tenant_jobs BYPASSRLS;
\c - for_each_tenant_jobs
CALL tenancy.for_each_tenant('SELECT app.note()');
\c - postgres
ALTER ROLE for_each_tenant_jobs NOBYPASSRLS;

-- Arguments.
CALL tenancy.for_each_tenant(NULL);
CALL tenancy.for_each_tenant(E' ;\n');
CALL tenancy.for_each_tenant('SELECT 1', '{}');
CALL tenancy.for_each_tenant('SELECT 1', '{acme,NULL}');
CALL tenancy.for_each_tenant('SELECT 1', on_error => 'ignore');
CALL tenancy.for_each_tenant('SELECT 1', on_error => NULL);
\echo :LAST_ERROR_SQLSTATE

-- stop: what came before stays, what comes after does not run.
\c - for_each_tenant_jobs
\set command 'SELECT app.note(); SELECT 1 / (tenancy.current_tenant_id() <> ''globex'')::int'
CALL tenancy.for_each_tenant(:'command');
SELECT tenant FROM app.seen ORDER BY n;
SELECT (tenancy.whoami()).tenant_id AS left_behind;
DELETE FROM app.seen;
-- continue: the failed one is rolled back, the others stay.
CALL tenancy.for_each_tenant(:'command', on_error => 'continue');
\echo :LAST_ERROR_SQLSTATE
SELECT tenant FROM app.seen ORDER BY n;
SELECT (tenancy.whoami()).tenant_id AS left_behind;
DELETE FROM app.seen;
-- A tenant that is suspended is refused where it is named; by default it is left out.
CALL tenancy.for_each_tenant('SELECT app.note()', '{acme,paused,globex}', 'continue');
SELECT tenant FROM app.seen ORDER BY n;
CALL tenancy.for_each_tenant('SELECT app.note()', '{paused}');
\echo :LAST_ERROR_SQLSTATE
DELETE FROM app.seen;

-- Whoever cancels does not want the next tenant's turn.
CALL tenancy.for_each_tenant('SELECT app.note(); SELECT pg_cancel_backend(pg_backend_pid()); SELECT pg_sleep(10)', on_error => 'continue');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM app.seen;

-- Constraints and triggers that wait for the end run inside the identity, and can be survived.
\c - postgres
ALTER TABLE app.docs ADD CONSTRAINT docs_body UNIQUE (body) DEFERRABLE INITIALLY DEFERRED;
CREATE FUNCTION app.at_the_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM app.note(' at the end'); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER at_the_end AFTER INSERT ON app.docs DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION app.at_the_end();
\c - for_each_tenant_jobs
CALL tenancy.for_each_tenant('INSERT INTO app.docs (id, body) SELECT g, CASE WHEN tenancy.current_tenant_id() = ''globex'' THEN ''same'' ELSE g::text END FROM generate_series(1, 2) g', on_error => 'continue');
SELECT tenant, count(*) FROM app.seen GROUP BY 1 ORDER BY 1;
\c - postgres
SELECT tenant_id, count(*) FROM app.docs GROUP BY 1 ORDER BY 1;
TRUNCATE app.seen, app.docs;

-- Transactions are the procedure's.
\c - for_each_tenant_jobs
CALL tenancy.for_each_tenant('SELECT app.note(); COMMIT; SELECT app.note()', on_error => 'continue');
\echo :LAST_ERROR_SQLSTATE
CALL tenancy.for_each_tenant('SELECT app.note(); SAVEPOINT s');
CALL tenancy.for_each_tenant('DO $$ BEGIN PERFORM app.note(); COMMIT; END $$');
CALL tenancy.for_each_tenant('COPY (SELECT 1) TO STDOUT');
CALL tenancy.for_each_tenant('CALL tenancy.for_each_tenant(''SELECT 1'')');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM app.seen;
BEGIN;
CALL tenancy.for_each_tenant('SELECT app.note()');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
SELECT 1 \; CALL tenancy.for_each_tenant('SELECT app.note()');
DO $$ BEGIN CALL tenancy.for_each_tenant('SELECT app.note()'); EXCEPTION WHEN division_by_zero THEN NULL; END $$;
\c - postgres
CREATE FUNCTION app.calls() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CALL tenancy.for_each_tenant('SELECT app.note()'); END $$;
CREATE PROCEDURE app.lends() LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN CALL tenancy.for_each_tenant('SELECT app.note()'); END $$;
SELECT app.calls();
\c - for_each_tenant_none
CALL app.lends();
\c - postgres
SELECT count(*) FROM app.seen;
-- A block that may commit may call it; what it did before is committed first.
\c - for_each_tenant_jobs
DO $$ BEGIN
  INSERT INTO app.seen (tenant) VALUES ('before');
  CALL tenancy.for_each_tenant('SELECT app.note()', '{acme}');
  INSERT INTO app.seen (tenant) VALUES ('after');
  CALL tenancy.for_each_tenant('SELECT app.note()', '{globex}');
END $$;
SELECT tenant FROM app.seen ORDER BY n;
SELECT count(DISTINCT transaction) AS transactions FROM app.seen;
DELETE FROM app.seen;
DO $$ BEGIN
  PERFORM set_config('tenancy.token', '', true);
  PERFORM tenancy.login(tenancy.issue_token('acme'));
  CALL tenancy.for_each_tenant('SELECT app.note()');
END $$;
\echo :LAST_ERROR_SQLSTATE

-- No tenant: nothing to do is no error.
\c - postgres
UPDATE tenancy.tenants SET status = 'closed';
\c - for_each_tenant_jobs
CALL tenancy.for_each_tenant('SELECT app.note()');
\c - postgres
UPDATE tenancy.tenants SET status = 'active' WHERE tenant_id IN ('acme', 'globex', 'initech');

-- What was left in the session is refused, as everywhere.
\c - for_each_tenant_jobs
SET search_path = app;
CALL tenancy.for_each_tenant('SELECT app.note()');
\echo :LAST_ERROR_SQLSTATE
RESET search_path;
-- An entry that is taken away ends the run, also where it would go on.
\c - postgres
CREATE FUNCTION app.fires() RETURNS void LANGUAGE sql SECURITY DEFINER AS
  $$ DELETE FROM tenancy.operators WHERE role = 'for_each_tenant_jobs'::regrole $$;
\c - for_each_tenant_jobs
CALL tenancy.for_each_tenant('SELECT app.note(); SELECT app.fires()', on_error => 'continue');
\echo :LAST_ERROR_SQLSTATE
SELECT tenant FROM app.seen ORDER BY n;
\c - postgres

-- The first key is made for all of them, not in a transaction that may roll back.
DELETE FROM tenancy.signing_keys;
\c - for_each_tenant_some
CALL tenancy.for_each_tenant('SELECT 1/0');
\c - postgres
SELECT count(*) AS keys FROM tenancy.signing_keys;

-- Under session scope too nothing stays.
ALTER ROLE for_each_tenant_some SET tenancy.scope = 'session';
\c - for_each_tenant_some
CALL tenancy.for_each_tenant('SELECT app.note()');
SELECT (tenancy.whoami()).tenant_id AS left_behind;
SELECT tenancy.issue_token('acme', ttl => '1 min') AS token \gset
SELECT (tenancy.login(:'token', local => false)).tenant_id;
CALL tenancy.for_each_tenant('SELECT app.note()');
\echo :LAST_ERROR_SQLSTATE
SELECT tenancy.logout();
SELECT format('SELECT set_config(%L, %L, false)', 'tenancy.token', :'token') AS command \gset
CALL tenancy.for_each_tenant(:'command', '{acme}');
SELECT (tenancy.whoami()).tenant_id AS left_behind;
\c - postgres

DELETE FROM tenancy.operators;
DROP OWNED BY for_each_tenant_jobs, for_each_tenant_some, for_each_tenant_none;
DROP ROLE for_each_tenant_jobs, for_each_tenant_some, for_each_tenant_none;
