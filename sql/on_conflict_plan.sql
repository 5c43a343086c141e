-- Which index INSERT … ON CONFLICT (columns) names on a protected table: the plan says it.
-- The policies are written by hand here, in every form that protect() and pg_dump give them.
SET tenancy.auto_protect = off; -- these tables are compared, not isolated
CREATE SCHEMA conflict_plan;
SET search_path = conflict_plan;
-- The index a statement names, or the SQLSTATE it fails with.
CREATE FUNCTION arbiter(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text; found text[] := '{}';
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || statement LOOP
    IF line ~ 'Conflict Arbiter Indexes' THEN
      found := found || substring(line FROM 'Indexes: (.*)');
    END IF;
  END LOOP;
  RETURN array_to_string(found, ', ');
EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE;
END $$;
CREATE FUNCTION arbiter(rel text, target text, action text DEFAULT 'DO NOTHING') RETURNS text
LANGUAGE sql RETURN arbiter(
  format('INSERT INTO %s DEFAULT VALUES ON CONFLICT %s %s', rel, target, action));
-- Isolates a table by tenant, and by user where a column is given.
CREATE FUNCTION isolate(rel regclass, tenant text, by_user text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', rel);
  EXECUTE format('CREATE POLICY tenancy_floor ON %s AS RESTRICTIVE USING (%s)', rel, tenant);
  EXECUTE format('CREATE POLICY tenancy_access ON %s USING (%s)', rel,
                 concat_ws(' AND ', tenant, by_user));
END $$;

CREATE TABLE plain (tenant_id tenancy.tenant_id, id int, slug text, email text, note text);
CREATE UNIQUE INDEX plain_id ON plain (tenant_id, id);
CREATE UNIQUE INDEX plain_two ON plain (tenant_id, id, slug);
CREATE UNIQUE INDEX plain_include ON plain (tenant_id, slug) INCLUDE (note);
CREATE UNIQUE INDEX plain_expression ON plain (tenant_id, lower(email));
CREATE UNIQUE INDEX plain_mixed ON plain (tenant_id, id, upper(email));
CREATE UNIQUE INDEX plain_partial ON plain (tenant_id, note) WHERE slug IS NOT NULL;
CREATE UNIQUE INDEX plain_pattern ON plain (tenant_id, email text_pattern_ops);
CREATE UNIQUE INDEX plain_collation ON plain (tenant_id, (slug || 'x') COLLATE "C");

-- Before it is protected, nothing is added.
SELECT arbiter('plain', '(id)');
SELECT arbiter('plain', '(tenant_id, id)');
-- Row security alone is no protection by us.
ALTER TABLE plain ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON plain USING (tenant_id = tenancy.current_tenant_id());
SELECT arbiter('plain', '(id)');
-- Nor is a permissive policy that only bears the floor's name.
CREATE POLICY tenancy_floor ON plain USING (tenant_id = tenancy.current_tenant_id());
SELECT arbiter('plain', '(id)');
DROP POLICY tenancy_floor ON plain;
DROP POLICY mine ON plain;

SELECT isolate('plain', 'tenant_id = tenancy.current_tenant_id()');
-- Each kind of index, named as the client knows it.
SELECT arbiter('plain', '(id)') AS column,
       arbiter('plain', '(slug, id)') AS two,
       arbiter('plain', '(slug)') AS include;
SELECT arbiter('plain', '(lower(email))') AS expression,
       arbiter('plain', '(id, upper(email))') AS mixed,
       arbiter('plain', '(note) WHERE slug IS NOT NULL') AS partial,
       arbiter('plain', $$(note) WHERE slug = 'x'$$) AS implied;
SELECT arbiter('plain', '(email text_pattern_ops)') AS opclass,
       arbiter('plain', $$((slug || 'x') COLLATE "C")$$) AS collation;
-- Named with the isolation column: as written.
SELECT arbiter('plain', '(tenant_id, id)') AS written,
       arbiter('plain', '(id, tenant_id)', $$DO UPDATE SET note = 'x'$$) AS reversed;
-- No arbiter, or an index by its name: as written.
SELECT arbiter('plain', '') AS nothing;
ALTER TABLE plain ADD CONSTRAINT plain_named UNIQUE USING INDEX plain_id;
SELECT arbiter('plain', 'ON CONSTRAINT plain_named') AS named;
-- What names no index with the isolation columns either stays an error.
SELECT arbiter('plain', '(note)') AS predicate_missing,
       arbiter('plain', '(email) WHERE slug IS NULL') AS extra_where,
       arbiter('plain', '(slug, email)') AS no_index,
       arbiter('plain', '(upper(email))') AS no_expression,
       arbiter('plain', '(slug COLLATE "POSIX")') AS no_collation;
SELECT arbiter('plain', '(ctid)') AS system_column, arbiter('plain', '((plain))') AS whole_row,
       arbiter('plain', '(tenant_id)') AS isolation_column_alone;
-- An invalid index is none.
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'plain_include'::regclass;
SELECT arbiter('plain', '(slug)') AS invalid;
UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'plain_include'::regclass;
-- An index without the isolation column, where the owner made one, is the one that is named.
CREATE UNIQUE INDEX plain_without ON plain (slug);
SELECT arbiter('plain', '(slug)') AS as_named;
DROP INDEX plain_without;

-- Isolated by user: both columns are added, or the one that is missing.
CREATE TABLE by_user (tenant_id tenancy.tenant_id, user_id tenancy.user_id, key text, value text);
CREATE UNIQUE INDEX by_user_key ON by_user (tenant_id, user_id, key);
SELECT isolate('by_user', 'tenant_id = tenancy.current_tenant_id()',
               'user_id = tenancy.current_user_id()');
SELECT arbiter('by_user', '(key)') AS neither,
       arbiter('by_user', '(key, user_id)') AS user_id,
       arbiter('by_user', '(tenant_id, key)') AS tenant_id,
       arbiter('by_user', '(tenant_id, key, user_id)') AS all_written;
-- The condition on the user may have a way around it, such as a permission to read all.
CREATE TABLE by_user_or (LIKE by_user);
CREATE UNIQUE INDEX by_user_or_key ON by_user_or (tenant_id, user_id, key);
SELECT isolate('by_user_or', 'tenant_id = tenancy.current_tenant_id()',
               '(user_id = tenancy.current_user_id() OR current_user = ''auditor'')');
SELECT arbiter('by_user_or', '(key)');

-- Every type that an isolation column may have, under any name.
CREATE FUNCTION typed(type text, accessor text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TABLE typed_%s (org %1$s, key text, UNIQUE (org, key))', type);
  PERFORM isolate(('typed_' || type)::regclass, format('org = tenancy.%I()', accessor));
  RETURN arbiter('typed_' || type, '(key)');
END $$;
SELECT typed('uuid', 'current_tenant_uuid'), typed('text', 'current_tenant_text'),
       typed('varchar', 'current_tenant_text'), typed('smallint', 'current_tenant_bigint'),
       typed('integer', 'current_tenant_bigint'), typed('bigint', 'current_tenant_bigint');
-- A restored dump writes the cast out.
CREATE TABLE dumped (org varchar, key text, UNIQUE (org, key));
SELECT isolate('dumped', '(org)::text = tenancy.current_tenant_text()');
SELECT arbiter('dumped', '(key)');

-- The statement as PostgreSQL wraps it.
CREATE VIEW through AS SELECT id AS number, slug AS word, tenant_id FROM plain WHERE id > 0;
CREATE TABLE log (id int);
CREATE RULE into_plain AS ON INSERT TO log DO INSTEAD
  INSERT INTO plain (id) VALUES (NEW.id) ON CONFLICT (id) DO NOTHING;
SELECT arbiter('INSERT INTO through (number) VALUES (1) ON CONFLICT (number) DO NOTHING') AS view,
       arbiter('INSERT INTO log VALUES (1)') AS rule,
       arbiter('WITH w AS (INSERT INTO plain (id) VALUES (1) ON CONFLICT (id) DO NOTHING
                            RETURNING id) SELECT * FROM w') AS cte,
       arbiter('WITH w AS (SELECT 1 AS id) INSERT INTO plain (id) SELECT id FROM w
                ON CONFLICT (id) DO NOTHING') AS below_cte,
       arbiter('INSERT INTO plain (id) SELECT id FROM plain p WHERE id IN (SELECT id FROM log)
                ON CONFLICT (id) DO NOTHING') AS select;
SELECT arbiter('WITH one AS (INSERT INTO by_user (key) VALUES (''k'') ON CONFLICT (key) DO NOTHING
                             RETURNING 1),
                     two AS (DELETE FROM log RETURNING id)
                INSERT INTO plain (id) SELECT id FROM two
                ON CONFLICT (lower(email)) DO NOTHING') AS both;
-- Partitioned tables are named by their own indexes.
CREATE TABLE parted (tenant_id tenancy.tenant_id, id int, PRIMARY KEY (tenant_id, id))
  PARTITION BY LIST (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
SELECT isolate('parted', 'tenant_id = tenancy.current_tenant_id()');
SELECT arbiter('parted', '(id)') AS partitioned,
       arbiter('parted_1', '(id)') AS unprotected_partition;

-- Whoever plans: the keys are composite for owners, superusers and with row_security off too.
SET row_security = off;
SELECT arbiter('plain', '(id)') AS row_security_off;
RESET row_security;

-- Cached plans follow the policies; the stored statement stays as it was written.
SET plan_cache_mode = force_generic_plan;
PREPARE upsert(int) AS INSERT INTO plain (tenant_id, id, note) VALUES ('a', $1, 'x')
  ON CONFLICT (id) DO UPDATE SET note = EXCLUDED.note;
EXPLAIN (COSTS OFF) EXECUTE upsert(1);
EXPLAIN (COSTS OFF) EXECUTE upsert(1);
DROP POLICY tenancy_floor ON plain;
EXPLAIN (COSTS OFF) EXECUTE upsert(1);
CREATE POLICY tenancy_floor ON plain AS RESTRICTIVE USING (tenant_id = tenancy.current_tenant_id());
EXPLAIN (COSTS OFF) EXECUTE upsert(1);
DEALLOCATE upsert;
RESET plan_cache_mode;
SELECT pg_get_ruledef(oid, true) FROM pg_rewrite WHERE rulename = 'into_plain';
CREATE FUNCTION atomic(int) RETURNS void LANGUAGE sql BEGIN ATOMIC
  INSERT INTO plain (tenant_id, id) VALUES ('a', $1) ON CONFLICT (id) DO NOTHING;
END;
SELECT atomic(1), atomic(1);
SELECT pg_get_functiondef('atomic'::regproc) ~ 'ON CONFLICT ?\(id\) DO NOTHING' AS as_written;
SELECT count(*) FROM plain;

SET client_min_messages = warning;
DROP SCHEMA conflict_plan CASCADE;
