-- What the guard refuses to the application's role, with and without an identity.
-- A role that a superuser exempts, and one that has no rights on protected tables.
CREATE ROLE exempt LOGIN IN ROLE app;
ALTER ROLE exempt SET tenancy.guard = off;
CREATE ROLE stranger LOGIN;
GRANT TEMPORARY ON DATABASE attack TO stranger;
CREATE ROLE granter LOGIN IN ROLE app;
GRANT SELECT ON shop.docs TO granter WITH GRANT OPTION;
CREATE ROLE generous LOGIN IN ROLE app;
GRANT TRUNCATE, REFERENCES, TRIGGER ON shop.docs, shop.plain TO generous;
CREATE SCHEMA generous AUTHORIZATION generous;

-- attack: the guard is switched off
-- as: acme
-- expect: error 42501 42501 TN010
SET tenancy.guard = off;
SELECT set_config('tenancy.guard', 'off', true);
ALTER ROLE app SET tenancy.guard = off;
-- control: a superuser may, for one role too
-- role: exempt
-- expect: rows off
SHOW tenancy.guard;

-- attack: PREPARE
-- wrap: none
-- expect: error TN010 TN010
PREPARE mine AS SELECT 1;
BEGIN;
SELECT tenancy.login(:'acme') \g /dev/null
PREPARE mine AS SELECT 1;
COMMIT;
-- control: by roles without rights on protected tables, and by exempt ones
-- role: stranger
-- wrap: none
-- expect: rows 1
PREPARE mine AS SELECT 1;
EXECUTE mine;
-- control: under session scope the session is its caller's
-- role: app_session
-- as: acme
-- expect: rows 1
PREPARE mine AS SELECT 1;
EXECUTE mine;

-- attack: a cursor WITH HOLD
-- as: acme
-- expect: error TN010
DECLARE c CURSOR WITH HOLD FOR SELECT secret FROM shop.docs;
-- control: a cursor of the transaction
-- as: acme
-- expect: rows own secret
DECLARE c CURSOR FOR SELECT secret FROM shop.docs ORDER BY id;
FETCH 1 FROM c;

-- attack: LISTEN, under session scope too
-- role: app_session
-- as: acme
-- expect: error TN010
LISTEN jobs;
-- control: who has no rights on protected tables listens
-- role: stranger
-- wrap: none
-- expect: rows jobs
LISTEN jobs;
SELECT * FROM pg_listening_channels();

-- attack: temporary objects that stay
-- as: acme
-- expect: error TN010 TN010 TN010 TN010 TN010 TN010 TN010 TN010 TN010 TN010
CREATE TEMP TABLE t (id int);
CREATE TEMP TABLE t (id int) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE t AS SELECT * FROM shop.docs;
SELECT * INTO TEMP t FROM shop.docs;
CREATE TEMP VIEW docs AS SELECT 1;
CREATE TEMP SEQUENCE s;
CREATE TABLE pg_temp.t (id int);
CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE DOMAIN pg_temp.d AS int;
CREATE TYPE pg_temp.e AS ENUM ('a');
-- control: those that go with the transaction
-- as: acme
-- expect: rows t|1|0
CREATE TEMP TABLE t ON COMMIT DROP AS SELECT * FROM shop.docs;
SELECT count(*) > 0 FROM t;
CREATE TEMP TABLE u (id serial PRIMARY KEY, body text UNIQUE) ON COMMIT DROP;
INSERT INTO u (body) VALUES ('x') RETURNING id;
COMMIT;
SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema();
BEGIN;
-- control: a table of the transaction is altered, indexed and emptied
-- as: acme
-- expect: empty
CREATE TEMP TABLE t (id int) ON COMMIT DROP;
ALTER TABLE t ADD COLUMN body text;
CREATE INDEX ON t (body);
TRUNCATE t;
ANALYZE t;
-- control: under session scope
-- role: app_session
-- as: acme
-- expect: rows t
CREATE TEMP TABLE t AS SELECT * FROM shop.docs;
SELECT count(*) > 0 FROM t;

-- attack: a sequence is taken away from the table that goes
-- as: acme
-- expect: error TN010 TN010
CREATE TEMP TABLE u (id serial) ON COMMIT DROP;
ALTER SEQUENCE u_id_seq OWNED BY NONE;
ALTER SEQUENCE u_id_seq RENAME TO docs;
-- control: it serves the table
-- as: acme
-- expect: rows 1
CREATE TEMP TABLE u (id serial) ON COMMIT DROP;
INSERT INTO u DEFAULT VALUES RETURNING id;

-- attack: LOCK TABLE, by a view and by a view of one's own
-- as: acme
-- expect: error TN010 TN010 TN010
LOCK TABLE shop.docs;
LOCK TABLE shop.doc_list IN ACCESS SHARE MODE;
CREATE VIEW playground.docs AS SELECT * FROM shop.docs;
LOCK TABLE playground.docs IN ROW EXCLUSIVE MODE;
-- control: a table that is not protected, rows, and a number
-- as: acme
-- expect: rows 10
LOCK TABLE shop.plain IN SHARE MODE;
SELECT id FROM shop.docs WHERE id = 10 FOR UPDATE;
SELECT pg_advisory_xact_lock(1) \g /dev/null
-- control: the owner locks
-- role: postgres
-- expect: empty
SET LOCAL ROLE app_owner;
LOCK TABLE shop.docs;

-- attack: EXPLAIN tells what other tenants' rows are like
-- as: acme
-- expect: error TN010 TN010 TN010 TN010 TN010
EXPLAIN SELECT 1 FROM shop.docs WHERE secret = 'x';
EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM shop.docs WHERE n > 0;
EXPLAIN SELECT * FROM shop.doc_list;
EXPLAIN UPDATE shop.docs SET n = 1;
EXPLAIN SELECT * FROM generate_series(1, 3) g WHERE g IN (SELECT n FROM shop.docs);
-- control: of other tables
-- as: acme
-- expect: matches Seq Scan on plain
EXPLAIN (ANALYZE) SELECT * FROM shop.plain;
-- control: by an exempt role
-- role: exempt
-- as: acme
-- expect: matches Scan
EXPLAIN (ANALYZE) SELECT * FROM shop.docs;

-- attack: the plan is printed without EXPLAIN
-- as: acme
-- expect: error TN010 TN010
SET LOCAL debug_print_plan = on;
SELECT set_config('client_min_messages', 'log', true) \g /dev/null
SELECT 1 FROM shop.docs WHERE secret = 'in no row';
DO $$BEGIN PERFORM 1 FROM shop.docs WHERE secret = 'in no row'; END$$;
-- control: to the server's log alone
-- as: acme
-- expect: rows 0
SET LOCAL debug_print_plan = on;
SELECT count(*) FROM shop.docs WHERE secret = 'in no row';

-- attack: TRUNCATE, a foreign key and a trigger by whom they were granted to by accident
-- role: generous
-- as: acme
-- expect: error TN010 TN010 TN010
TRUNCATE shop.docs;
CREATE TABLE generous.probe (tenant_id tenancy.tenant_id, id int, FOREIGN KEY (tenant_id, id)
  REFERENCES shop.docs (tenant_id, id));
CREATE FUNCTION generous.spy() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER spy BEFORE INSERT ON shop.docs FOR EACH ROW EXECUTE FUNCTION generous.spy();
-- control: on a table that is not protected
-- role: generous
-- as: acme
-- expect: empty
TRUNCATE shop.plain;
CREATE TABLE generous.other (id int REFERENCES shop.plain);
CREATE FUNCTION generous.fine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER fine BEFORE INSERT ON shop.plain FOR EACH ROW EXECUTE FUNCTION generous.fine();
ROLLBACK;
BEGIN;

-- attack: rights on a protected table are handed on
-- role: granter
-- expect: error TN010 TN010
GRANT SELECT ON shop.docs TO stranger;
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO stranger;
-- control: on a table of one's own
-- role: generous
-- expect: empty
CREATE TABLE generous.handed (id int);
GRANT SELECT ON generous.handed TO stranger;
ROLLBACK;
BEGIN;

-- attack: settings and passwords of the shared role
-- as: acme
-- expect: error TN010 TN010 TN010 TN010
ALTER ROLE app SET search_path = playground, shop;
ALTER ROLE CURRENT_USER RESET ALL;
ALTER ROLE app PASSWORD 'x';
ALTER DATABASE attack SET search_path = playground;
-- control: by roles without rights on protected tables
-- role: stranger
-- expect: rows stranger
ALTER ROLE stranger SET search_path = public;
ALTER ROLE stranger RESET search_path;
SELECT current_user;

-- attack: a function that carries our settings
-- as: acme
-- expect: error TN010 TN010
CREATE FUNCTION playground.carrier() RETURNS int LANGUAGE sql SET tenancy.scope = session
  AS 'SELECT 1';
CREATE FUNCTION playground.carrier() RETURNS int LANGUAGE sql AS 'SELECT 1';
ALTER FUNCTION playground.carrier() SET tenancy.on_missing_identity = empty;
DROP FUNCTION playground.carrier();
-- control: other settings
-- as: acme
-- expect: rows 1
CREATE FUNCTION playground.pinned() RETURNS int LANGUAGE sql SET search_path = pg_catalog
  AS 'SELECT 1';
SELECT playground.pinned();
DROP FUNCTION playground.pinned();

-- attack: what poolers clean up with is not refused (no identity comes of it)
-- wrap: none
-- expect: empty
DISCARD PLANS;
DISCARD TEMP;
DEALLOCATE ALL;
CLOSE ALL;
UNLISTEN *;
RESET ALL;
RESET ROLE;
RESET SESSION AUTHORIZATION;
DISCARD ALL;
-- control: and entering works after it
-- wrap: none
-- expect: rows globex
DISCARD ALL;
SELECT (tenancy.login(:'globex')).tenant_id;
