-- Changing, moving and planting rows. The victims' rows are compared around every attack.
-- attack: UPDATE and DELETE without WHERE
-- as: acme
-- expect: lacks CANARY
UPDATE shop.docs SET title = 'PWNED';
UPDATE shop.parents SET secret = 'PWNED';
DELETE FROM shop.docs WHERE id <> 1 AND id <> 10;
DELETE FROM shop.accounts;
-- control: the tenant's own rows were changed
-- as: acme
-- expect: rows PWNED|PWNED
SELECT title FROM shop.docs;

-- attack: UPDATE and DELETE of what is blind
-- as: acme_bob
-- expect: empty
UPDATE shop.notes SET value = 'PWNED' WHERE user_id = 'alice' RETURNING 1;
DELETE FROM shop.notes WHERE user_id = 'alice' RETURNING 1;
-- control: the own note
-- as: acme_bob
-- expect: rows 1
UPDATE shop.notes SET value = 'of bob' RETURNING 1;

-- attack: INSERT for another tenant
-- as: acme
-- expect: error 42501 42501
INSERT INTO shop.docs (tenant_id, id, secret) VALUES ('globex', 5000, 'POISON');
INSERT INTO shop.docs (tenant_id, id, secret) SELECT 'globex', id, secret FROM shop.docs;
-- control: for the own one
-- as: acme
-- expect: rows 50
INSERT INTO shop.docs (tenant_id, id, secret) VALUES ('acme', 50, 'own') RETURNING id;

-- attack: INSERT for another user
-- as: acme_bob
-- expect: error 42501
INSERT INTO shop.notes (user_id, key, value) VALUES ('alice', 'planted', 'POISON');
-- control: for oneself
-- as: acme_bob
-- expect: rows bob
INSERT INTO shop.notes (key, value) VALUES ('mine', 'x') RETURNING user_id;

-- attack: INSERT for nobody
-- as: acme
-- expect: error 42501
INSERT INTO shop.docs (tenant_id, id) VALUES (NULL, 5001);
-- control: the default is the tenant
-- as: acme
-- expect: rows acme
INSERT INTO shop.docs (id) VALUES (5001) RETURNING tenant_id;

-- attack: a row moves to another tenant
-- as: acme
-- expect: error 42501
UPDATE shop.docs SET tenant_id = 'globex' WHERE id = 10;
-- control: it may be written otherwise
-- as: acme
-- expect: rows acme
UPDATE shop.docs SET n = 7 WHERE id = 10 RETURNING tenant_id;

-- attack: a note moves to another user
-- as: acme_bob
-- expect: error 42501
UPDATE shop.notes SET user_id = 'alice', key = 'moved' WHERE key = 'mine';
-- control: it may be written otherwise
-- as: acme_bob
-- expect: rows 1
UPDATE shop.notes SET value = 'y' WHERE key = 'mine' RETURNING 1;

-- attack: writing without an identity
-- expect: error TN001 TN001 TN001
INSERT INTO shop.docs (id) VALUES (6000);
UPDATE shop.docs SET secret = 'PWNED';
DELETE FROM shop.docs;
-- control: with one
-- as: acme
-- expect: rows 6000
INSERT INTO shop.docs (id) VALUES (6000) RETURNING id;

-- attack: ON CONFLICT DO UPDATE reaches the other tenant's row
-- as: acme
-- expect: rows 2
INSERT INTO shop.docs AS d (id, secret) VALUES (2, 'mine')
  ON CONFLICT (id) DO UPDATE SET secret = d.secret || 'PWNED' RETURNING d.id;
-- control: it reaches the tenant's own
-- as: acme
-- expect: rows mine+
INSERT INTO shop.docs AS d (id, secret) VALUES (2, 'mine')
  ON CONFLICT (id) DO UPDATE SET secret = d.secret || '+' RETURNING d.secret;

-- attack: a leaky WHERE of ON CONFLICT sees the hidden row (CVE-2017-15099)
-- as: acme
-- expect: lacks CANARY
CREATE FUNCTION playground.look(text) RETURNS boolean LANGUAGE plpgsql AS
  $$ BEGIN RAISE NOTICE 'saw %', $1; RETURN true; END $$;
INSERT INTO shop.docs AS d (id, secret) VALUES (1000, 'x') ON CONFLICT (id)
  DO UPDATE SET secret = 'y' WHERE playground.look(d.secret);
INSERT INTO shop.docs AS d (id, secret) VALUES (1001, 'x') ON CONFLICT ON CONSTRAINT docs_pkey
  DO UPDATE SET secret = 'y' WHERE playground.look(d.secret);
-- control: it sees the tenant's own
-- as: acme
-- expect: matches saw x
INSERT INTO shop.docs AS d (id, secret) VALUES (1000, 'x') ON CONFLICT (id)
  DO UPDATE SET secret = 'y' WHERE playground.look(d.secret);

-- attack: MERGE into rows of another tenant
-- as: acme
-- expect: lacks CANARY|ERROR
MERGE INTO shop.docs d USING (VALUES (1002), (1003)) v (id) ON d.id = v.id
  WHEN MATCHED THEN UPDATE SET secret = 'PWNED' WHEN NOT MATCHED THEN DO NOTHING;
-- control: into the tenant's own
-- as: acme
-- expect: rows merged
MERGE INTO shop.docs d USING (VALUES (10)) v (id) ON d.id = v.id
  WHEN MATCHED THEN UPDATE SET title = 'merged';
SELECT title FROM shop.docs WHERE id = 10;

-- attack: MERGE without a column of the target
-- as: acme
-- expect: rows as many as it sees
SELECT set_config('attack.rows', '0', false) \g /dev/null
CREATE OR REPLACE FUNCTION playground.meet() RETURNS boolean LANGUAGE sql VOLATILE AS $$
  SELECT set_config('attack.rows', (current_setting('attack.rows')::int + 1)::text, false) IS NULL $$;
MERGE INTO shop.docs USING (VALUES (1)) v (a) ON true WHEN MATCHED AND playground.meet() THEN DELETE;
SELECT 'as many as it sees' FROM shop.docs HAVING count(*) = current_setting('attack.rows')::int;
MERGE INTO shop.docs USING (VALUES (1)) v (a) ON true WHEN MATCHED THEN UPDATE SET n = 5;
ROLLBACK;
-- control: a MERGE that reads a column does that too
-- as: acme
-- expect: rows as many as it sees
SELECT set_config('attack.rows', '0', false) \g /dev/null
CREATE OR REPLACE FUNCTION playground.meet() RETURNS boolean LANGUAGE sql VOLATILE AS $$
  SELECT set_config('attack.rows', (current_setting('attack.rows')::int + 1)::text, false) IS NULL $$;
MERGE INTO shop.docs d USING (VALUES (1)) v (a) ON d.id > 0 WHEN MATCHED AND playground.meet() THEN DELETE;
SELECT 'as many as it sees' FROM shop.docs HAVING count(*) = current_setting('attack.rows')::int;
-- attack: MERGE without a column of the target, by nobody
-- expect: error TN001
MERGE INTO shop.docs USING (VALUES (1)) v (a) ON true WHEN MATCHED AND random() > 2 THEN DELETE;
-- control: by a tenant
-- as: acme
-- expect: empty
MERGE INTO shop.docs USING (VALUES (1)) v (a) ON true WHEN MATCHED AND random() > 2 THEN DELETE;

-- attack: through a view
-- as: acme
-- expect: empty
UPDATE shop.doc_list SET secret = 'PWNED' WHERE id = 1004 RETURNING 1;
DELETE FROM shop.doc_list_invoker WHERE id = 1004 RETURNING 1;
-- control: the tenant's own row through a view
-- as: acme
-- expect: rows 10
UPDATE shop.doc_list SET title = 'viewed' WHERE id = 10 RETURNING id;

-- attack: COPY FROM
-- as: acme
-- expect: error 0A000
COPY shop.docs (tenant_id, id, secret) FROM STDIN;
globex	7000	POISON
\.
-- control: INSERT is what there is
-- as: acme
-- expect: rows 7000
INSERT INTO shop.docs (id) VALUES (7000) RETURNING id;
