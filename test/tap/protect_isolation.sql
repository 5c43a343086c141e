-- What a protected table does to tenants and users that meet on the same keys.
BEGIN;
SET LOCAL tenancy.scope = 'session';
CREATE ROLE protect_isolation_app;
CREATE SCHEMA app;
CREATE SCHEMA test;
GRANT USAGE ON SCHEMA app TO protect_isolation_app;
CREATE TABLE app.parent (id int PRIMARY KEY, body text, email text);
CREATE UNIQUE INDEX parent_email ON app.parent (lower(email));
CREATE TABLE app.child (id int PRIMARY KEY, body text,
  parent int REFERENCES app.parent ON DELETE CASCADE,
  maybe int REFERENCES app.parent ON DELETE SET NULL, before int REFERENCES app.child);
CREATE TABLE app.mine (id int PRIMARY KEY, body text);
GRANT SELECT, INSERT, UPDATE, DELETE ON app.parent, app.child, app.mine TO protect_isolation_app;
SELECT * INTO test.ddl FROM tenancy.protect_schema('app', skip_tables => '{mine}');
INSERT INTO test.ddl SELECT tenancy.protect('app.mine', isolate_by => 'user');

CREATE TABLE test.tokens AS SELECT who, tenancy.issue_token(t, u) AS token
FROM (VALUES ('acme', 'acme'::tenancy.tenant_id, 'ann'::tenancy.user_id), ('bob', 'acme', 'bob'),
             ('globex', 'globex', 'ann'), ('job', 'acme', NULL)) AS callers(who, t, u);
INSERT INTO app.parent(tenant_id, id, body, email)
  VALUES ('globex', 1, 'theirs', 'a@x'), ('globex', 2, 'theirs', 'b@x');
INSERT INTO app.child(tenant_id, id, body, parent, maybe) VALUES ('globex', 1, 'theirs', 1, 2);
INSERT INTO app.mine(tenant_id, user_id, id, body)
  VALUES ('globex', 'ann', 1, 'theirs'), ('acme', 'bob', 1, 'bob''s');

-- Runs one statement as the application under an identity and notes what came of it: the number of
-- rows, or the SQLSTATE. A procedure, because an identity lives for a whole statement.
CREATE TABLE test.results (n serial, got text, wanted text, what text);
CREATE PROCEDURE test.attempt(who text, command text, wanted text, what text) LANGUAGE plpgsql AS $$
DECLARE n bigint; got text; token text;
BEGIN
  SELECT t.token INTO token FROM test.tokens t WHERE t.who = attempt.who;
  BEGIN
    PERFORM set_config('role', 'protect_isolation_app', true);
    IF token IS NOT NULL THEN PERFORM tenancy.login(token); END IF;
    EXECUTE command;
    GET DIAGNOSTICS n = ROW_COUNT;
    got := n || ' rows';
    PERFORM tenancy.logout();
    PERFORM set_config('role', 'none', true);
  EXCEPTION WHEN OTHERS THEN got := SQLSTATE;
  END;
  INSERT INTO test.results(got, wanted, what) VALUES (got, wanted, what);
END$$;

CALL test.attempt('', 'SELECT FROM app.parent', 'TN001', 'no identity, no rows');
CALL test.attempt('globex', 'SELECT FROM app.parent', '2 rows', 'control: their own rows');
CALL test.attempt('acme', 'SELECT FROM app.parent', '0 rows', 'another tenant''s rows are not there');
CALL test.attempt('acme', $$INSERT INTO app.parent(id, body, email) VALUES (1, 'ours', 'A@x')$$,
  '1 rows', 'the same key and the same e-mail exist in two tenants');
CALL test.attempt('acme', $$INSERT INTO app.parent(id, body) VALUES (1, 'again')$$, '23505',
  'control: not twice in one tenant');
CALL test.attempt('acme', $$INSERT INTO app.parent(id, body) VALUES (2, 'ours')
  ON CONFLICT (id) DO NOTHING$$, '1 rows', 'DO NOTHING loses nothing to another tenant''s key');
CALL test.attempt('acme', $$INSERT INTO app.parent(id, body) VALUES (2, 'ours')
  ON CONFLICT (id) DO NOTHING$$, '0 rows', 'control: it does nothing on one''s own key');
CALL test.attempt('acme', $$INSERT INTO app.parent(id, body) VALUES (2, 'newer')
  ON CONFLICT (id) DO UPDATE SET body = excluded.body$$, '1 rows', 'DO UPDATE updates one''s own row');
CALL test.attempt('acme', $$INSERT INTO app.parent(id, email) VALUES (3, 'B@x')
  ON CONFLICT (lower(email)) DO NOTHING$$, '1 rows', 'an expression index as arbiter');
CALL test.attempt('acme', $$INSERT INTO app.parent(tenant_id, id) VALUES ('globex', 9)$$, '42501',
  'a row for another tenant is refused');
CALL test.attempt('acme', $$UPDATE app.parent SET tenant_id = 'globex'$$, '42501',
  'the tenant column cannot be updated');
CALL test.attempt('acme', $$UPDATE app.parent SET tenant_id = 'acme'$$, '3 rows',
  'control: but to what it is');
CALL test.attempt('acme', $$INSERT INTO app.child(id, parent, maybe) VALUES (1, 1, 2)$$, '1 rows',
  'a child of one''s own parent');
CALL test.attempt('acme', $$DELETE FROM app.parent WHERE id = 3$$, '1 rows', 'a parent goes');
CALL test.attempt('globex', $$INSERT INTO app.child(id, parent) VALUES (2, 3)$$, '23503',
  'a child cannot pin another tenant''s parent');
CALL test.attempt('acme', $$DELETE FROM app.parent WHERE id = 2$$, '1 rows', 'SET NULL');
CALL test.attempt('acme', $$SELECT FROM app.child WHERE maybe IS NULL AND parent = 1$$, '1 rows',
  'sets only its own column');
CALL test.attempt('acme', $$DELETE FROM app.parent WHERE id = 1$$, '1 rows', 'CASCADE');
CALL test.attempt('acme', $$SELECT FROM app.child$$, '0 rows', 'takes one''s own children');
CALL test.attempt('globex', $$SELECT FROM app.child WHERE parent = 1 AND maybe = 2$$, '1 rows',
  'and leaves the other tenant''s');
CALL test.attempt('globex', $$SELECT FROM app.parent WHERE body = 'theirs'$$, '2 rows',
  'whose rows are intact');

CALL test.attempt('bob', 'SELECT FROM app.mine', '1 rows', 'by user: one''s own');
CALL test.attempt('acme', 'SELECT FROM app.mine', '0 rows', 'by user: not a colleague''s');
CALL test.attempt('acme', $$INSERT INTO app.mine(id) VALUES (1) ON CONFLICT (id) DO NOTHING$$,
  '1 rows', 'by user: the same key for two users');
CALL test.attempt('acme', $$UPDATE app.mine SET user_id = 'bob'$$, '42501',
  'by user: the user column cannot be updated');
CALL test.attempt('acme', $$INSERT INTO app.mine(user_id, id) VALUES ('bob', 2)$$, '42501',
  'by user: no row for a colleague');
CALL test.attempt('job', 'SELECT FROM app.mine', 'TN001', 'by user: an identity without a user');
CALL test.attempt('job', 'SELECT FROM app.parent', '0 rows', 'which sees what is isolated by tenant');

CALL test.attempt('acme', 'TRUNCATE app.parent CASCADE', 'TN010', 'TRUNCATE is not theirs');
CALL test.attempt('acme', $$SELECT tenancy.protect('app.parent')$$, 'TN010',
  'protect is not called inside an identity');
CALL test.attempt('', $$SELECT tenancy.protect('app.parent')$$, '42501', 'nor by others than the owner');
CALL test.attempt('', $$SELECT tenancy.protect('app.parent', dry_run => true)$$, '42501',
  'not even to look');
CALL test.attempt('', $$SELECT tenancy.unprotect('app.parent')$$, '42501', 'nor is unprotect');

SELECT plan((SELECT count(*)::int FROM test.results));
SELECT is(got, wanted, what) FROM test.results ORDER BY n;
SELECT * FROM finish();
ROLLBACK;
