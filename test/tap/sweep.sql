-- sweep_expired(): expired rows of all tenants' stores, with the rights of the tables' owner.
BEGIN;
SELECT no_plan();
SET LOCAL tenancy.entry_check = off; -- pgTAP keeps its state in temporary tables
CREATE ROLE sweep_app;
CREATE ROLE sweep_owner;
CREATE ROLE sweep_other;
CREATE SCHEMA lg AUTHORIZATION sweep_owner;
GRANT USAGE ON SCHEMA lg TO sweep_app;
SET LOCAL ROLE sweep_owner;
-- As the store's migrations leave them.
CREATE TABLE lg.store (prefix text NOT NULL, key text NOT NULL, value jsonb NOT NULL,
  created_at timestamptz DEFAULT CURRENT_TIMESTAMP, updated_at timestamptz DEFAULT CURRENT_TIMESTAMP,
  expires_at timestamptz, ttl_minutes int, PRIMARY KEY (prefix, key));
CREATE TABLE lg.store_vectors (prefix text NOT NULL, key text NOT NULL, field_name text NOT NULL,
  PRIMARY KEY (prefix, key, field_name),
  FOREIGN KEY (prefix, key) REFERENCES lg.store (prefix, key) ON DELETE CASCADE);
CREATE TABLE lg.fired (who name);
SELECT tenancy.protect_langgraph('lg') \g /dev/null
CREATE FUNCTION lg.fire() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO lg.fired VALUES (current_user);
  BEGIN
    ALTER ROLE sweep_owner SUPERUSER;
  EXCEPTION WHEN insufficient_privilege THEN NULL;
  END;
  RETURN OLD;
END$$;
CREATE TRIGGER fire BEFORE DELETE ON lg.store FOR EACH ROW EXECUTE FUNCTION lg.fire();
GRANT SELECT, INSERT, UPDATE, DELETE ON lg.store, lg.store_vectors TO sweep_app;
RESET ROLE;
-- A plain table of that name is not ours to touch.
CREATE SCHEMA plain;
CREATE TABLE plain.store (expires_at timestamptz);
INSERT INTO plain.store VALUES ('2000-01-01');

CREATE FUNCTION pg_temp.fill() RETURNS void LANGUAGE sql AS $$
  TRUNCATE lg.store, lg.store_vectors, lg.fired;
  INSERT INTO lg.store (tenant_id, user_id, prefix, key, value, expires_at)
  SELECT t, 'u', 'p', k, '{}', e FROM unnest('{acme,globex}'::text[]) t,
    (VALUES ('gone', now() - interval '1 h'), ('soon', now() + interval '1 h'), ('ever', NULL)) v (k, e);
  INSERT INTO lg.store_vectors (tenant_id, user_id, prefix, key, field_name)
  SELECT tenant_id, user_id, prefix, key, 'f' FROM lg.store;
$$;
PREPARE sweep AS SELECT relation::text, deleted FROM tenancy.sweep_expired();

SELECT pg_temp.fill() \g /dev/null
SET LOCAL ROLE sweep_app;
SELECT throws_ok('EXECUTE sweep', '42501', NULL, 'the application may not sweep');
SELECT throws_ok('DELETE FROM lg.store', 'TN001', NULL, 'nor delete without an identity');
RESET ROLE;
SELECT results_eq('EXECUTE sweep', $$VALUES ('lg.store', 2::bigint)$$, 'a superuser sweeps all tenants');
SELECT results_eq('SELECT tenant_id::text, key FROM lg.store ORDER BY 1, 2',
  $$VALUES ('acme', 'ever'), ('acme', 'soon'), ('globex', 'ever'), ('globex', 'soon')$$, 'what has not expired stays');
SELECT results_eq('SELECT tenant_id::text, key FROM lg.store_vectors ORDER BY 1, 2',
  'SELECT tenant_id::text, key FROM lg.store ORDER BY 1, 2', 'vectors went with their rows');
SELECT results_eq('SELECT DISTINCT who FROM lg.fired', $$VALUES ('sweep_owner'::name)$$, 'triggers ran as the owner');
SELECT ok(NOT rolsuper, 'who gained nothing') FROM pg_roles WHERE rolname = 'sweep_owner';
SELECT is(current_user::name, 'postgres', 'and the caller is who they were');
SELECT is((SELECT count(*) FROM plain.store), 1::bigint, 'a table that is not protected stays as it is');
SELECT results_eq('EXECUTE sweep', $$VALUES ('lg.store', 0::bigint)$$, 'nothing is left to sweep');

SELECT pg_temp.fill() \g /dev/null
SELECT results_eq('SELECT deleted FROM tenancy.sweep_expired(1)', 'VALUES (1::bigint)', 'a batch bounds it');
SELECT results_eq('SELECT deleted FROM tenancy.sweep_expired(1)', 'VALUES (1::bigint)', 'and the next goes on');
SELECT throws_ok('SELECT tenancy.sweep_expired(0)', '22023', NULL, 'a batch of nothing');
SELECT throws_ok('SELECT tenancy.sweep_expired(NULL)', '22023', NULL, 'a batch of NULL');

-- A grant gives the function, not the rows.
SELECT pg_temp.fill() \g /dev/null
GRANT EXECUTE ON FUNCTION tenancy.sweep_expired(bigint) TO sweep_other, sweep_owner;
SET LOCAL ROLE sweep_other;
SELECT is_empty('EXECUTE sweep', 'who has not the owner''s rights sweeps nothing');
RESET ROLE;
SELECT is((SELECT count(*) FROM lg.store), 6::bigint, 'really nothing');
SET LOCAL ROLE sweep_owner;
SELECT throws_ok('SELECT key FROM lg.store', 'TN001', NULL, 'the owner sees no row of a tenant');
SELECT results_eq('EXECUTE sweep', $$VALUES ('lg.store', 2::bigint)$$, 'the owner sweeps');
SELECT throws_ok('SELECT key FROM lg.store', 'TN001', NULL, 'and sees none after it');
RESET ROLE;

-- What a deferred trigger would do at commit, it would do as the caller.
CREATE FUNCTION lg.later() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE CONSTRAINT TRIGGER later AFTER DELETE ON lg.store DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION lg.later();
INSERT INTO lg.store (tenant_id, user_id, prefix, key, value, expires_at) VALUES ('acme', 'u', 'p', 'gone', '{}', '2000-01-01');
SELECT throws_ok('EXECUTE sweep', '42501', NULL, 'deferred triggers are refused');
DROP TRIGGER later ON lg.store;

SELECT tenancy.issue_token('acme', 'u') AS token \gset
SELECT tenancy.login(:'token') \g /dev/null
SELECT throws_ok('EXECUTE sweep', 'TN010', NULL, 'not inside an identity');
SELECT tenancy.logout() \g /dev/null
SELECT lives_ok('EXECUTE sweep', 'control: outside of it');
SELECT * FROM finish();
ROLLBACK;
