-- MERGE into a protected table whose columns it does not read: PostgreSQL filters nothing there, unless
-- an action is DO NOTHING. What the conditions of its actions meet, seen() counts.
BEGIN;
SELECT no_plan();
SET LOCAL tenancy.entry_check = off; -- pgTAP keeps its state in temporary tables
SELECT current_setting('server_version_num')::int >= 170000 AS is_17 \gset
CREATE ROLE merge_app;
CREATE ROLE merge_blind; -- may not read
CREATE ROLE merge_owner;
CREATE SCHEMA shop AUTHORIZATION merge_owner;
SET LOCAL ROLE merge_owner;
SET LOCAL search_path = shop, public;
CREATE TABLE docs (id int PRIMARY KEY, n int DEFAULT 0);
CREATE TABLE notes (id int PRIMARY KEY, n int DEFAULT 0);
CREATE TABLE bare (id int PRIMARY KEY, n int DEFAULT 0);  -- row security, but not ours
CREATE TABLE kept (id int PRIMARY KEY, n int DEFAULT 0);  -- protected, with access rules of its own
CREATE TABLE shown (id int);
SELECT tenancy.protect('docs') \g /dev/null
SELECT tenancy.protect('notes', isolate_by => 'user') \g /dev/null
ALTER TABLE bare ENABLE ROW LEVEL SECURITY;
CREATE POLICY small ON bare FOR SELECT USING (id < 3);
CREATE POLICY writes ON bare FOR UPDATE USING (true);
ALTER TABLE kept ENABLE ROW LEVEL SECURITY;
CREATE POLICY listed ON kept FOR ALL USING (EXISTS (SELECT FROM shown WHERE shown.id = kept.id));
SELECT tenancy.protect('kept', existing_policies => 'keep') \g /dev/null
INSERT INTO shown VALUES (1), (2);
GRANT USAGE ON SCHEMA shop TO merge_app, merge_blind;
GRANT SELECT, INSERT, UPDATE, DELETE ON docs, notes, bare, kept, shown TO merge_app;
GRANT INSERT, UPDATE, DELETE ON docs TO merge_blind;
GRANT SELECT ON shown TO merge_blind;
RESET ROLE;
INSERT INTO docs (tenant_id, id) SELECT 'acme', g FROM generate_series(1, 2) g;
INSERT INTO docs (tenant_id, id) SELECT 'globex', g FROM generate_series(1, 100) g;
INSERT INTO notes (tenant_id, user_id, id) SELECT 'acme', 'alice', 1;
INSERT INTO notes (tenant_id, user_id, id) SELECT 'acme', 'bob', g FROM generate_series(1, 50) g;
INSERT INTO bare SELECT generate_series(1, 10);
INSERT INTO kept (tenant_id, id) SELECT 'acme', generate_series(1, 5);
INSERT INTO kept (tenant_id, id) SELECT 'globex', generate_series(1, 50);

-- What a statement did: its rows and how many rows of the target it met, or its SQLSTATE. Undone.
CREATE SEQUENCE met;
CREATE FUNCTION seen() RETURNS boolean VOLATILE LANGUAGE sql SECURITY DEFINER AS
  $$SELECT nextval('shop.met') IS NULL$$;
CREATE FUNCTION merge(statement text, who name DEFAULT 'merge_app') RETURNS text LANGUAGE plpgsql AS $$
DECLARE changed bigint; result text;
BEGIN
  PERFORM setval('shop.met', 1, false);
  EXECUTE format('SET LOCAL ROLE %I', who);
  BEGIN
    EXECUTE statement;
    GET DIAGNOSTICS changed = ROW_COUNT;
    RAISE 'undo' USING ERRCODE = 'UNDO0';
  EXCEPTION WHEN OTHERS THEN
    result := CASE SQLSTATE WHEN 'UNDO0' THEN changed::text ELSE SQLSTATE END;
  END;
  RESET ROLE;
  RETURN result || ' of ' || (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM shop.met);
END$$;
GRANT USAGE ON SCHEMA shop TO PUBLIC;
SELECT tenancy.issue_token('acme', 'alice') AS alice \gset
SELECT tenancy.issue_token('nobody', 'x') AS empty \gset

-- Without an identity.
SELECT is(merge('MERGE INTO docs USING (VALUES (1)) v ON true WHEN MATCHED AND seen() THEN DELETE'),
  'TN001 of 0', 'nobody: raises');
SELECT is(merge('MERGE INTO docs USING (VALUES (1)) v ON true WHEN MATCHED THEN DELETE'),
  'TN001 of 0', 'nobody: raises for DELETE');
SELECT is(merge('MERGE INTO docs USING (VALUES (1)) v ON false WHEN NOT MATCHED THEN DO NOTHING'),
  merge('MERGE INTO docs d USING (VALUES (1)) v (id) ON d.id = v.id AND false WHEN NOT MATCHED THEN DO NOTHING'),
  'nobody: as a MERGE that reads the target, where the plan needs no row of it');
SET LOCAL tenancy.on_missing_identity = empty;
SELECT is(merge('MERGE INTO docs USING (VALUES (1)) v ON true WHEN MATCHED AND seen() THEN DELETE'),
  '0 of 0', 'nobody, where that means empty: no rows');
SET LOCAL tenancy.on_missing_identity = error;

SELECT tenancy.login(:'alice') \g /dev/null
SELECT is(merge('MERGE INTO docs USING (VALUES (1)) v ON true WHEN MATCHED AND seen() THEN DELETE'),
  '0 of 2', 'a condition meets the tenant''s rows');
SELECT is(merge('MERGE INTO docs USING (VALUES (1)) v ON true WHEN MATCHED THEN UPDATE SET n = 1'),
  '2 of 0', 'UPDATE changes them');
SELECT is(merge('MERGE INTO docs USING (VALUES (1)) v ON true WHEN MATCHED THEN DELETE'),
  '2 of 0', 'DELETE deletes them');
SELECT is(merge('MERGE INTO docs USING (VALUES (1), (2)) v (a) ON v.a = 2 WHEN MATCHED AND seen() THEN DELETE
                 WHEN NOT MATCHED THEN INSERT (id) VALUES (v.a + 10)'), '1 of 2', 'a condition on the source alone');
SELECT is(merge('MERGE INTO docs USING (VALUES (1)) v (a) ON true WHEN MATCHED THEN UPDATE SET n = 1', 'merge_blind'),
  '2 of 0', 'a role that may not read changes the tenant''s rows');
SELECT is(merge('MERGE INTO docs d USING (VALUES (1)) v (a) ON d.id = v.a WHEN MATCHED THEN UPDATE SET n = 1', 'merge_blind'),
  '42501 of 0', 'and still may not read');
SELECT is(merge('MERGE INTO docs d USING (VALUES (1), (7)) v (a) ON d.id = v.a WHEN MATCHED THEN UPDATE SET n = 1
                 WHEN NOT MATCHED THEN INSERT (id) VALUES (v.a)'), '2 of 0', 'control: a MERGE that reads the target');
SELECT is(merge('MERGE INTO notes USING (VALUES (1)) v ON true WHEN MATCHED AND seen() THEN DELETE'),
  '0 of 1', 'isolated by user: the user''s rows');
SELECT is(merge('MERGE INTO kept USING (VALUES (1)) v ON true WHEN MATCHED AND seen() THEN DELETE'),
  '0 of 2', 'policies with subqueries');
SELECT is(merge('MERGE INTO docs USING (SELECT n FROM docs) v ON true WHEN MATCHED AND seen() THEN DELETE'),
  '0 of 4', 'a source that is the same table');
SELECT is(merge('MERGE INTO bare USING (VALUES (1)) v ON true WHEN MATCHED AND seen() THEN DELETE'),
  '0 of 10', 'a table that is not protected is left to PostgreSQL');
SELECT is(merge('MERGE INTO docs USING (VALUES (1)) v ON true WHEN MATCHED AND seen() THEN DELETE', 'postgres'),
  '0 of 102', 'a superuser meets all rows');
SELECT is(merge($$MERGE INTO docs USING (VALUES (1)) v ON true WHEN MATCHED AND seen() THEN DO NOTHING$$),
  '0 of 2', 'control: DO NOTHING, which PostgreSQL filters itself');
-- In functions.
CREATE FUNCTION merge_sql() RETURNS void LANGUAGE sql AS
  'MERGE INTO shop.docs USING (VALUES (1)) v ON true WHEN MATCHED AND shop.seen() THEN DELETE';
SELECT is(merge('SELECT merge_sql()'), '1 of 2', 'in a function in SQL');
CREATE FUNCTION merge_plpgsql() RETURNS void LANGUAGE plpgsql AS
  'BEGIN MERGE INTO shop.docs USING (VALUES (1)) v ON true WHEN MATCHED AND shop.seen() THEN DELETE; END';
SELECT is(merge('SELECT merge_plpgsql()'), '1 of 2', 'in a function in PL/pgSQL');
CREATE FUNCTION merge_definer() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS
  'BEGIN MERGE INTO shop.docs USING (VALUES (1)) v ON true WHEN MATCHED AND shop.seen() THEN DELETE; END';
ALTER FUNCTION merge_definer() OWNER TO merge_owner;
SELECT is(merge('SELECT merge_definer()'), '1 of 2', 'as the owner, whom forced row security binds');

-- A generic plan belongs to whom it was made for.
SET LOCAL plan_cache_mode = force_generic_plan;
PREPARE m AS MERGE INTO shop.docs USING (VALUES (1)) v ON true WHEN MATCHED AND shop.seen() THEN DELETE;
SELECT is(merge('EXECUTE m', 'postgres'), '0 of 102', 'prepared, by a superuser');
SELECT is(merge('EXECUTE m'), '0 of 2', 'prepared, then run by the application');
SELECT is(merge('EXECUTE m', 'postgres'), '0 of 102', 'and by the superuser again');
DEALLOCATE m;

\if :is_17
SELECT is(merge('MERGE INTO docs USING (VALUES (1)) v ON true WHEN MATCHED THEN UPDATE SET n = 1 RETURNING 1'),
  '2 of 0', '17: RETURNING a constant');
SELECT is(merge('MERGE INTO docs USING (VALUES (1)) v ON true WHEN MATCHED THEN DELETE RETURNING merge_action()'),
  '2 of 0', '17: RETURNING the action');
SELECT is(merge('WITH m AS (MERGE INTO docs USING (VALUES (1)) v ON true WHEN MATCHED THEN UPDATE SET n = 1 RETURNING 1)
                 SELECT * FROM m'), '2 of 0', '17: in a WITH clause');
SELECT is(merge('MERGE INTO docs USING (VALUES (1)) v ON false WHEN NOT MATCHED BY SOURCE AND seen() THEN DELETE'),
  '0 of 2', '17: NOT MATCHED BY SOURCE');
SELECT is(merge('MERGE INTO docs USING (VALUES (1)) v ON false WHEN NOT MATCHED BY SOURCE THEN DELETE'),
  '2 of 0', '17: NOT MATCHED BY SOURCE THEN DELETE');
CREATE VIEW owned AS SELECT * FROM docs WHERE n = 0;
ALTER VIEW owned OWNER TO merge_owner;
CREATE VIEW invoked WITH (security_invoker) AS SELECT * FROM docs WHERE n = 0;
GRANT SELECT, UPDATE, DELETE ON owned, invoked TO merge_app;
SELECT is(merge('MERGE INTO owned USING (VALUES (1)) v ON true WHEN MATCHED AND seen() THEN DELETE'),
  '0 of 2', '17: through a view of the owner');
SELECT is(merge('MERGE INTO invoked USING (VALUES (1)) v ON true WHEN MATCHED AND seen() THEN DELETE'),
  '0 of 2', '17: through a view of the invoker');
SELECT is(merge('MERGE INTO owned USING (VALUES (1)) v ON true WHEN MATCHED THEN UPDATE SET n = 1'),
  '2 of 0', '17: UPDATE through a view');
\endif

SELECT tenancy.logout() \g /dev/null
SELECT is((SELECT string_agg(n::text, ',') FROM (SELECT n FROM docs GROUP BY n) d), '0', 'no row of anybody was changed');
SELECT * FROM finish();
ROLLBACK;
