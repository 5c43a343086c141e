-- The stage of the query fuzzers: protected tables of every kind, views on them, one table that is
-- everybody's. Made by an owner that is no superuser; `app` and `smith` are applications.
SET client_min_messages = warning;
CREATE EXTENSION pg_tenancy;
CREATE SCHEMA shop AUTHORIZATION app_owner;
CREATE SCHEMA graph AUTHORIZATION app_owner;

SET ROLE app_owner;
SET search_path = shop;
CREATE TABLE kinds (kind int PRIMARY KEY, name text);
INSERT INTO kinds SELECT k, 'kind ' || k FROM generate_series(1, 5) k;

CREATE TABLE docs (id int PRIMARY KEY, title text, secret text, n numeric, serial_no bigint, mark uuid,
  tags text[], body bytea, extra jsonb, state int DEFAULT 1 CHECK (state BETWEEN 0 AND 9),
  kind int DEFAULT 1 REFERENCES kinds);
CREATE UNIQUE INDEX docs_live ON docs (title) WHERE state = 5;
CREATE UNIQUE INDEX docs_lower ON docs (lower(title), kind) WHERE state = 6;
CREATE INDEX ON docs (state);
CREATE TABLE notes (key text PRIMARY KEY, value text, n int, extra jsonb);
CREATE TABLE accounts (email text CONSTRAINT accounts_by_email UNIQUE, nick text, balance int,
  id int CONSTRAINT accounts_by_id PRIMARY KEY, CONSTRAINT accounts_nick UNIQUE (nick, balance));
CREATE TABLE parents (id int PRIMARY KEY, secret text, state int);
CREATE TABLE children (id int PRIMARY KEY, parent_id int REFERENCES parents ON DELETE CASCADE,
  other_id int REFERENCES parents ON DELETE SET NULL, secret text, state int);
CREATE TABLE events (id int, at int, secret text, state int, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE events_old PARTITION OF events FOR VALUES FROM (MINVALUE) TO (30);
CREATE TABLE events_new PARTITION OF events FOR VALUES FROM (30) TO (MAXVALUE);
CREATE TABLE papers (id int, secret text, state int);
CREATE TABLE letters (sender text) INHERITS (papers);
CREATE TABLE log (line text, at int);
CREATE VIEW doc_list AS SELECT id, title, secret, state FROM docs;
CREATE VIEW doc_list_invoker WITH (security_invoker) AS SELECT id, title, secret, state FROM docs;
CREATE VIEW family AS
  SELECT p.id, p.secret, c.id AS child, c.secret AS child_secret FROM parents p JOIN children c ON c.parent_id = p.id;
CREATE VIEW family_invoker WITH (security_invoker, security_barrier) AS TABLE family;
CREATE FUNCTION all_secrets() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS 'SELECT secret FROM shop.docs';
CREATE FUNCTION secret_of(doc int) RETURNS text LANGUAGE sql STABLE AS
  'SELECT secret FROM shop.docs WHERE id = doc';
CREATE FUNCTION try(command text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE command;
  RETURN 'done';
EXCEPTION WHEN others THEN
  RETURN SQLSTATE;
END $$;

SET search_path = graph;
CREATE TABLE checkpoints (thread_id text, checkpoint_ns text DEFAULT '', checkpoint_id text,
  parent_checkpoint_id text, type text, checkpoint jsonb NOT NULL, metadata jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id));
CREATE INDEX ON checkpoints (thread_id);
CREATE TABLE checkpoint_blobs (thread_id text, checkpoint_ns text DEFAULT '', channel text, version text,
  type text NOT NULL, blob bytea, PRIMARY KEY (thread_id, checkpoint_ns, channel, version));
CREATE TABLE checkpoint_writes (thread_id text, checkpoint_ns text DEFAULT '', checkpoint_id text,
  task_id text, idx int, channel text NOT NULL, type text, blob bytea NOT NULL, task_path text DEFAULT '',
  PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id, task_id, idx));
CREATE TABLE store (prefix text, key text, value jsonb NOT NULL, expires_at timestamptz,
  PRIMARY KEY (prefix, key));
RESET ROLE;
RESET search_path;

SELECT tenancy.protect(format('shop.%I', name)::regclass)
  FROM unnest('{docs,accounts,children,parents,events,papers,log}'::text[]) name \g /dev/null
SELECT tenancy.protect('shop.notes', isolate_by => 'user') \g /dev/null
SELECT tenancy.protect_langgraph('graph') \g /dev/null
GRANT USAGE ON SCHEMA shop, graph TO app, smith;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA shop, graph TO app, smith;
REVOKE INSERT, UPDATE, DELETE ON shop.kinds FROM app, smith;
