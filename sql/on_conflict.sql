-- INSERT … ON CONFLICT of unmodified clients on protected tables. Another tenant has a row on every
-- key first; everything must be as if that tenant did not exist, and its rows stay as they are.
SELECT current_user AS superuser \gset
CREATE ROLE regress_conflict_owner;
CREATE ROLE regress_conflict_app LOGIN;
-- Identities change between statements here; under the default scope they change with transactions.
ALTER ROLE regress_conflict_app SET tenancy.scope = session;
CREATE SCHEMA conflict AUTHORIZATION regress_conflict_owner;
GRANT USAGE ON SCHEMA conflict TO regress_conflict_app;
SELECT tenancy.issue_token('acme', 'alice') AS acme, tenancy.issue_token('globex', 'eve') AS globex,
       tenancy.issue_token('acme', 'bob') AS bob \gset

SET ROLE regress_conflict_owner;
CREATE TABLE conflict.docs (id text PRIMARY KEY, slug text CONSTRAINT docs_slug UNIQUE, email text,
                            body text, active boolean DEFAULT true);
CREATE UNIQUE INDEX docs_email ON conflict.docs (lower(email)) WHERE active;
CREATE TABLE conflict.notes (owner text, key text, value text, PRIMARY KEY (owner, key));
CREATE TABLE conflict.counters (name text PRIMARY KEY, n int NOT NULL);
CREATE TABLE conflict.narrow (id int PRIMARY KEY, body text);
CREATE TABLE conflict.free (id int PRIMARY KEY, body text);
SELECT count(*) > 0 FROM tenancy.protect('conflict.docs');
SELECT count(*) > 0 FROM tenancy.protect('conflict.notes', isolate_by => 'user');
SELECT count(*) > 0 FROM tenancy.protect('conflict.counters');
SELECT count(*) > 0 FROM tenancy.protect('conflict.narrow');
GRANT SELECT, INSERT, UPDATE, DELETE ON conflict.docs, conflict.notes, conflict.counters,
  conflict.free TO regress_conflict_app;
GRANT INSERT (id, body), SELECT (id, body), UPDATE (body) ON conflict.narrow TO regress_conflict_app;

CREATE VIEW conflict.doc_view WITH (security_invoker) AS
  SELECT id AS number, body AS text FROM conflict.docs;
CREATE VIEW conflict.inbox AS SELECT id, body FROM conflict.docs;
CREATE RULE inbox_upsert AS ON INSERT TO conflict.inbox DO INSTEAD
  INSERT INTO conflict.docs (id, body) VALUES (NEW.id, NEW.body)
  ON CONFLICT (id) DO UPDATE SET body = EXCLUDED.body;
GRANT SELECT, INSERT, UPDATE ON conflict.doc_view, conflict.inbox TO regress_conflict_app;
CREATE FUNCTION conflict.by_sql(text, text) RETURNS void LANGUAGE sql AS
  'INSERT INTO conflict.docs (id, body) VALUES ($1, $2)
   ON CONFLICT (id) DO UPDATE SET body = EXCLUDED.body';
CREATE FUNCTION conflict.by_plpgsql(id text, new_body text) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
  INSERT INTO conflict.docs (id, body) VALUES (by_plpgsql.id, new_body)
  ON CONFLICT (id) DO UPDATE SET body = EXCLUDED.body;
END $$;
CREATE FUNCTION conflict.atomic(text, text) RETURNS void LANGUAGE sql BEGIN ATOMIC
  INSERT INTO conflict.docs (id, body) VALUES ($1, $2)
  ON CONFLICT (id) DO UPDATE SET body = EXCLUDED.body;
END;
CREATE FUNCTION conflict.count_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO conflict.counters AS c VALUES (TG_TABLE_NAME, 1)
  ON CONFLICT (name) DO UPDATE SET n = c.n + 1;
  RETURN NEW;
END $$;
CREATE TRIGGER count_insert BEFORE INSERT ON conflict.notes
  FOR EACH ROW EXECUTE FUNCTION conflict.count_insert();

-- globex has every key.
\set VERBOSITY terse
\c - regress_conflict_app
SELECT (tenancy.login(:'globex', local => false)).tenant_id;
INSERT INTO conflict.docs
  SELECT k, k, k || '@x', 'POISON' FROM unnest('{insert,update,nothing,second,rule,view,sql,plpgsql,
    atomic,cte,select,copy,explicit,constraint,none,do}'::text[]) k;
INSERT INTO conflict.notes VALUES ('o', 'k', 'POISON');
INSERT INTO conflict.counters VALUES ('other', 100);
INSERT INTO conflict.narrow VALUES (1, 'POISON');
SELECT count(*) FROM conflict.docs;

-- acme does as any client does.
SELECT (tenancy.login(:'acme', local => false)).tenant_id;
INSERT INTO conflict.docs VALUES ('insert', 'insert', 'insert@x', 'plain');
INSERT INTO conflict.docs VALUES ('update', 'update', 'update@x', 'first')
  ON CONFLICT (id) DO UPDATE SET body = EXCLUDED.body RETURNING id, body;
INSERT INTO conflict.docs VALUES ('update', 'update', 'update@x', 'second')
  ON CONFLICT (id) DO UPDATE SET body = docs.body || '+' || EXCLUDED.body RETURNING id, body;
INSERT INTO conflict.docs (id, body) VALUES ('nothing', 'kept')
  ON CONFLICT (id) DO NOTHING RETURNING id;
INSERT INTO conflict.docs (id, body) VALUES ('nothing', 'lost')
  ON CONFLICT (id) DO NOTHING RETURNING id;
-- An own duplicate is still one.
INSERT INTO conflict.docs VALUES ('insert', 'other', 'other@x', 'duplicate');
-- The second unique constraint counts within the tenant, as it did.
INSERT INTO conflict.docs VALUES ('second', 'second', 'second@x', 'plain')
  ON CONFLICT (id) DO UPDATE SET body = 'no';
INSERT INTO conflict.docs VALUES ('third', 'second', 'third@x', 'plain')
  ON CONFLICT (id) DO UPDATE SET body = 'no';
INSERT INTO conflict.docs VALUES ('fourth', 'second', 'fourth@x', 'by slug')
  ON CONFLICT (slug) DO UPDATE SET body = EXCLUDED.body RETURNING id, body;
-- Partial, with an expression.
INSERT INTO conflict.docs VALUES ('fifth', 'fifth', 'UPDATE@X', 'by email')
  ON CONFLICT (lower(email)) WHERE active DO UPDATE SET body = EXCLUDED.body RETURNING id, body;
-- By name, by nothing, with the isolation column written out.
INSERT INTO conflict.docs (id, body) VALUES ('constraint', '1'), ('none', '1'), ('explicit', '1');
INSERT INTO conflict.docs (id, body) VALUES ('constraint', '2')
  ON CONFLICT ON CONSTRAINT docs_pkey DO UPDATE SET body = EXCLUDED.body RETURNING id, body;
INSERT INTO conflict.docs (id, body) VALUES ('none', '2') ON CONFLICT DO NOTHING RETURNING id, body;
INSERT INTO conflict.docs (id, body) VALUES ('explicit', '2')
  ON CONFLICT (tenant_id, id) DO UPDATE SET body = EXCLUDED.body RETURNING id, body;

-- Through everything that PostgreSQL can put around it, twice each.
INSERT INTO conflict.doc_view VALUES ('view', '1')
  ON CONFLICT (number) DO UPDATE SET text = EXCLUDED.text;
INSERT INTO conflict.doc_view VALUES ('view', '2')
  ON CONFLICT (number) DO UPDATE SET text = EXCLUDED.text;
INSERT INTO conflict.inbox VALUES ('rule', '1');
INSERT INTO conflict.inbox VALUES ('rule', '2');
SELECT conflict.by_sql('sql', '1'), conflict.by_sql('sql', '2');
SELECT conflict.by_plpgsql('plpgsql', '1'), conflict.by_plpgsql('plpgsql', '2');
SELECT conflict.atomic('atomic', '1'), conflict.atomic('atomic', '2');
WITH w AS (INSERT INTO conflict.docs (id, body) VALUES ('cte', '1')
           ON CONFLICT (id) DO UPDATE SET body = EXCLUDED.body RETURNING id) SELECT * FROM w;
WITH w AS (INSERT INTO conflict.docs (id, body) VALUES ('cte', '2')
           ON CONFLICT (id) DO UPDATE SET body = EXCLUDED.body RETURNING id) SELECT * FROM w;
INSERT INTO conflict.docs (id, body) SELECT k, n FROM unnest('{select,select}'::text[]) k,
    unnest('{1}'::text[]) n
  ON CONFLICT (id) DO NOTHING;
INSERT INTO conflict.docs (id, body) SELECT id, '2' FROM conflict.docs WHERE id = 'select'
  ON CONFLICT (id) DO UPDATE SET body = EXCLUDED.body;
COPY (INSERT INTO conflict.docs (id, body) VALUES ('copy', '1')
      ON CONFLICT (id) DO UPDATE SET body = EXCLUDED.body RETURNING id, body) TO STDOUT;
COPY (INSERT INTO conflict.docs (id, body) VALUES ('copy', '2')
      ON CONFLICT (id) DO UPDATE SET body = EXCLUDED.body RETURNING id, body) TO STDOUT;
DO $$ BEGIN FOR i IN 1..2 LOOP
  INSERT INTO conflict.docs (id, body) VALUES ('do', i)
  ON CONFLICT (id) DO UPDATE SET body = EXCLUDED.body;
END LOOP; END $$;
SELECT id, body, tenant_id FROM conflict.docs ORDER BY id;

-- The columns that are added need no privilege; those that are written do.
INSERT INTO conflict.narrow (id, body) VALUES (1, 'one')
  ON CONFLICT (id) DO UPDATE SET body = EXCLUDED.body;
INSERT INTO conflict.narrow (id, body) VALUES (1, 'two')
  ON CONFLICT (id) DO UPDATE SET body = EXCLUDED.body
  RETURNING id;
INSERT INTO conflict.narrow (id, body) VALUES (1, 'three')
  ON CONFLICT (tenant_id, id) DO UPDATE SET body = EXCLUDED.body;

-- A cached generic plan serves every identity in turn.
SELECT conflict.by_plpgsql('plan', 'of acme');
SELECT (tenancy.login(:'globex', local => false)).tenant_id;
SELECT conflict.by_plpgsql('plan', 'of globex');
SELECT (tenancy.login(:'acme', local => false)).tenant_id;
SELECT conflict.by_plpgsql('plan', body || ', again') FROM conflict.docs WHERE id = 'plan';
SELECT body FROM conflict.docs WHERE id = 'plan';

-- Isolated by user: the same key of another user of the same tenant is another row. The trigger's
-- own upsert counts within the tenant.
INSERT INTO conflict.notes VALUES ('o', 'k', 'alice 1')
  ON CONFLICT (owner, key) DO UPDATE SET value = EXCLUDED.value;
INSERT INTO conflict.notes VALUES ('o', 'k', 'alice 2')
  ON CONFLICT (key, owner) DO UPDATE SET value = EXCLUDED.value;
SELECT (tenancy.login(:'bob', local => false)).user_id;
INSERT INTO conflict.notes VALUES ('o', 'k', 'bob 1') ON CONFLICT (owner, key) DO NOTHING;
INSERT INTO conflict.notes VALUES ('o', 'k', 'bob 2') ON CONFLICT (owner, key, user_id) DO NOTHING;
SELECT owner, key, value, user_id FROM conflict.notes;
SELECT name, n FROM conflict.counters;

-- A table that is not protected is planned as ever.
INSERT INTO conflict.free VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET body = EXCLUDED.body;
INSERT INTO conflict.free VALUES (1, 'b')
  ON CONFLICT (id) DO UPDATE SET body = EXCLUDED.body RETURNING *;
INSERT INTO conflict.free VALUES (1, 'c') ON CONFLICT (body) DO NOTHING;

-- Without an identity nothing is written.
SELECT tenancy.logout();
INSERT INTO conflict.docs (id, body) VALUES ('nobody', 'x') ON CONFLICT (id) DO NOTHING;
SELECT conflict.by_plpgsql('nobody', 'x');

-- What the other tenant finds afterwards: every row as it left it.
\c - -
SELECT (tenancy.login(:'globex', local => false)).tenant_id;
SELECT id, body FROM conflict.docs WHERE body <> 'POISON';
SELECT count(*) FROM conflict.docs WHERE body = 'POISON';
SELECT value, user_id FROM conflict.notes;
SELECT * FROM conflict.counters ORDER BY name;

\c - :superuser
SET client_min_messages = warning;
DROP SCHEMA conflict CASCADE;
DROP ROLE regress_conflict_app, regress_conflict_owner;
