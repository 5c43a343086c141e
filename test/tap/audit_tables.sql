-- Audit, group tables: every rule provoked, silent on its twin, and gone once its fix has run.
BEGIN;
SELECT no_plan();
SET tenancy.auto_protect = off; -- else half of what is to be found would not be there
CREATE EXTENSION citext;
CREATE EXTENSION btree_gist;
CREATE ROLE audit_tables_owner;
CREATE ROLE audit_tables_app LOGIN;
CREATE ROLE audit_tables_group;
GRANT audit_tables_group TO audit_tables_app;
CREATE SCHEMA app AUTHORIZATION audit_tables_owner;
CREATE SCHEMA hidden AUTHORIZATION audit_tables_owner;
GRANT USAGE ON SCHEMA app TO audit_tables_app;

CREATE FUNCTION all_found() RETURNS SETOF tenancy.finding LANGUAGE sql SECURITY DEFINER AS $$
  SELECT * FROM tenancy.audit_tables(ARRAY['audit_tables_app'::regrole::oid]) $$;
CREATE FUNCTION found(code text, object text) RETURNS SETOF tenancy.finding LANGUAGE sql AS $$
  SELECT f.* FROM all_found() f WHERE f.code = $1 AND f.object = $2 $$;
CREATE FUNCTION silent(code text, object text, why text) RETURNS text LANGUAGE sql AS $$
  SELECT is_empty(format('SELECT * FROM found(%L, %L)', code, object), code || ' is silent: ' || why) $$;
CREATE FUNCTION flags(code text, object text, severity text, why text) RETURNS text LANGUAGE sql AS $$
  SELECT is((SELECT string_agg(f.severity, ', ') FROM found($1, $2) f), $3, code || ': ' || why) $$;
CREATE FUNCTION fixes(code text, object text, severity text, why text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
  RETURN NEXT flags(code, object, severity, why);
  RETURN NEXT lives_ok((SELECT f.fix FROM found(code, object) f LIMIT 1), code || ': its fix runs');
  RETURN NEXT silent(code, object, 'fixed');
END $$;

SET ROLE audit_tables_owner;
CREATE TABLE app.doc (id int PRIMARY KEY, tenant_id tenancy.tenant_id, secret text);
CREATE TABLE app.draft (id int PRIMARY KEY, tenant_id uuid, user_id text, "Body" text);
SELECT count(*) FROM tenancy.protect('app.doc') \gset
SELECT count(*) FROM tenancy.protect('app.draft', isolate_by => 'user') \gset
GRANT SELECT, INSERT, UPDATE, DELETE ON app.doc, app.draft TO audit_tables_app;
SELECT is_empty('SELECT * FROM all_found()', 'what protect() made has no finding');

ALTER TABLE app.doc DISABLE ROW LEVEL SECURITY;
SELECT fixes('rls_disabled', 'app.doc', 'critical', 'protected, but switched off');
SELECT silent('rls_disabled', 'app.draft', 'switched on');
ALTER TABLE app.doc NO FORCE ROW LEVEL SECURITY;
SELECT fixes('rls_not_forced', 'app.doc', 'high', 'the owner is not bound');
CREATE TABLE app.own (id int PRIMARY KEY, tenant_id text);
ALTER TABLE app.own ENABLE ROW LEVEL SECURITY;
CREATE POLICY iso ON app.own USING (tenant_id = tenancy.current_tenant_text());
RESET ROLE;
ALTER TABLE app.own OWNER TO audit_tables_app;
GRANT CREATE ON SCHEMA app TO audit_tables_app; -- owners re-key their tables themselves
SELECT fixes('rls_not_forced', 'app.own', 'critical', 'the application owns it');
SELECT fixes('floor_missing', 'app.own', 'medium', 'policies of one''s own only');
REVOKE CREATE ON SCHEMA app FROM audit_tables_app;
SET ROLE audit_tables_owner;
CREATE TABLE app.closed (tenant_id text);
ALTER TABLE app.closed ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.closed FORCE ROW LEVEL SECURITY;
GRANT SELECT ON app.closed TO audit_tables_app;
SELECT silent('floor_missing', 'app.closed', 'without any policy nobody reads it');
SELECT silent('unprotected_table', 'app.closed', 'without any policy nobody reads it');

-- The floor, changed in each way.
ALTER POLICY tenancy_floor ON app.doc USING (true);
SELECT fixes('floor_altered', 'app.doc', 'critical', 'USING (true)');
ALTER POLICY tenancy_floor ON app.doc WITH CHECK (true);
SELECT fixes('floor_altered', 'app.doc', 'critical', 'WITH CHECK (true)');
ALTER POLICY tenancy_floor ON app.doc USING (tenant_id = tenancy.current_tenant_id() OR id = 1);
SELECT fixes('floor_altered', 'app.doc', 'critical', 'a condition beside ours');
ALTER POLICY tenancy_floor ON app.doc TO audit_tables_group;
SELECT fixes('floor_altered', 'app.doc', 'critical', 'not for everybody');
DROP POLICY tenancy_floor ON app.doc;
CREATE POLICY tenancy_floor ON app.doc USING (tenant_id = tenancy.current_tenant_id())
  WITH CHECK (tenant_id = tenancy.current_tenant_id());
SELECT fixes('floor_altered', 'app.doc', 'critical', 'permissive');
DROP POLICY tenancy_floor ON app.doc;
CREATE POLICY tenancy_floor ON app.doc AS RESTRICTIVE FOR SELECT USING (tenant_id = tenancy.current_tenant_id());
SELECT fixes('floor_altered', 'app.doc', 'critical', 'for one command');
ALTER POLICY tenancy_access ON app.draft WITH CHECK (true);
SELECT fixes('floor_altered', 'app.draft', 'high', 'rows can be given to other users');
SELECT is((SELECT count(*) FROM tenancy.protect('app.draft', isolate_by => 'user')
  ), 0::bigint, 'after the fix protect() has nothing to do');
SELECT is((SELECT count(*) FROM tenancy.protect('app.doc')), 0::bigint, 'nor here');
CREATE TABLE app.kept (id int PRIMARY KEY, org int, who varchar(10));
CREATE POLICY theirs ON app.kept USING (id > 0);
SELECT count(*) FROM tenancy.protect('app.kept', isolate_by => 'user', tenant_column => 'org', user_column => 'who',
  existing_policies => 'keep') \gset
SELECT silent('floor_altered', 'app.kept', 'the floor beside their own policies');
ALTER POLICY tenancy_floor ON app.kept WITH CHECK (org = tenancy.current_tenant_bigint());
SELECT fixes('floor_altered', 'app.kept', 'critical', 'the user''s half is missing');

-- Policies that ask for permissions, edited in each way.
CREATE TABLE app.asking (id int PRIMARY KEY);
SELECT count(*) FROM tenancy.protect('app.asking', isolate_by => 'user', write_permission => 'asking:write',
  read_all_permission => 'asking:read') \gset
GRANT SELECT, INSERT, UPDATE, DELETE ON app.asking TO audit_tables_app;
SELECT silent('permission_policy_altered', 'app.asking', 'as protect() wrote them');
ALTER POLICY tenancy_write_insert ON app.asking WITH CHECK (tenancy.require('asking:write') OR id = 1);
SELECT fixes('permission_policy_altered', 'app.asking', 'high', 'a condition beside ours');
ALTER POLICY tenancy_write_update ON app.asking WITH CHECK (id > 0);
SELECT fixes('permission_policy_altered', 'app.asking', 'high', 'another check');
ALTER POLICY tenancy_write_delete ON app.asking TO audit_tables_group;
SELECT fixes('permission_policy_altered', 'app.asking', 'high', 'not for everybody');
DROP POLICY tenancy_write_delete ON app.asking;
SELECT fixes('permission_policy_altered', 'app.asking', 'high', 'one is missing');
DROP POLICY tenancy_write_delete ON app.asking;
CREATE POLICY tenancy_write_delete ON app.asking FOR DELETE USING (tenancy.require('asking:write'));
SELECT fixes('permission_policy_altered', 'app.asking', 'high', 'permissive');
ALTER POLICY tenancy_write_update ON app.asking USING (tenancy.require('other:write'));
SELECT fixes('permission_policy_altered', 'app.asking', 'high', 'two permissions');
ALTER POLICY tenancy_write_delete ON app.asking USING (true);
SELECT fixes('permission_policy_altered', 'app.asking', 'high', 'no permission at all');
ALTER POLICY tenancy_read_all ON app.asking USING (tenancy.can('asking:read'));
SELECT fixes('permission_policy_altered', 'app.asking', 'high', 'the tenant''s half is missing');
ALTER POLICY tenancy_read_all ON app.asking USING (tenant_id = tenancy.current_tenant_id() AND (tenancy.can('asking:read') OR true));
SELECT fixes('permission_policy_altered', 'app.asking', 'high', 'opened to everybody');
DROP POLICY tenancy_read_all ON app.asking;
CREATE POLICY tenancy_read_all ON app.asking USING (tenant_id = tenancy.current_tenant_id() AND tenancy.can('asking:read'));
SELECT fixes('permission_policy_altered', 'app.asking', 'high', 'for all commands');
SELECT is((SELECT count(*) FROM tenancy.protect('app.asking', isolate_by => 'user')), 0::bigint, 'nothing is left to do');
SELECT is_empty($$SELECT * FROM all_found() WHERE object LIKE '%app.asking'$$, 'nor to find');

-- Tables that nobody protected.
CREATE TABLE app.memo (id int PRIMARY KEY, org_id text, secret text);
SELECT silent('unprotected_table', 'app.memo', 'nobody may use it');
GRANT SELECT ON app.memo TO audit_tables_group;
SELECT fixes('unprotected_table', 'app.memo', 'critical', 'used by a role''s group');
CREATE TABLE app.typed (id int PRIMARY KEY, owner_of_row tenancy.tenant_id);
GRANT INSERT ON app.typed TO PUBLIC;
SELECT fixes('unprotected_table', 'app.typed', 'critical', 'a column of our type');
CREATE TABLE app.countries (id int PRIMARY KEY, name text);
CREATE TABLE hidden.memo (id int, tenant_id text);
GRANT SELECT ON app.countries, hidden.memo TO audit_tables_app;
SELECT silent('unprotected_table', 'app.countries', 'no tenant in it');
SELECT silent('unprotected_table', 'hidden.memo', 'in a schema that the role cannot use');
CREATE TABLE app.draft_backup (LIKE app.draft);
CREATE TABLE app.draft_export AS SELECT id, "Body" FROM app.draft WITH NO DATA;
GRANT SELECT ON app.draft_backup, app.draft_export TO audit_tables_app;
SELECT fixes('unprotected_copy', 'app.draft_backup', 'critical', 'all columns');
SELECT fixes('unprotected_copy', 'app.draft_export', 'critical', 'all but the isolation columns');
SELECT silent('unprotected_copy', 'app.countries', 'other columns');
-- The names of columns are no patterns.
CREATE TABLE app.letters (tenant_id tenancy.tenant_id NOT NULL, "tenant id" int, "tenantXid" int, body text);
SELECT count(*) FROM tenancy.protect('app.letters') \g /dev/null
CREATE TABLE app.letters_copy AS SELECT "tenant id", "tenantXid", body FROM app.letters WITH NO DATA;
GRANT SELECT ON app.letters_copy TO audit_tables_app;
SELECT fixes('unprotected_copy', 'app.letters_copy', 'critical', 'a column like the tenant''s');
RESET ROLE;
SELECT is_empty($$SELECT * FROM all_found() f WHERE f.code = 'trust_trigger_disabled'$$, 'trust_trigger_disabled is silent: as installed');
ALTER TABLE tenancy.members DISABLE TRIGGER authorization_changed;
SELECT fixes('trust_trigger_disabled', 'tenancy.members', 'high', 'disabled');
ALTER TABLE tenancy.tenants ENABLE TRIGGER trust_changed;
SELECT fixes('trust_trigger_disabled', 'tenancy.tenants', 'high', 'not for a replica''s changes');
ALTER TABLE tenancy.issuers DISABLE TRIGGER check_issuer;
SELECT fixes('trust_trigger_disabled', 'tenancy.issuers', 'high', 'issuers unchecked');
SET ROLE audit_tables_owner;

CREATE TABLE app.checkpoints (thread_id text PRIMARY KEY, tenant_id tenancy.tenant_id);
CREATE TABLE app.checkpoint_blobs (thread_id text PRIMARY KEY, blob bytea);
CREATE TABLE app.store_migrations (v int PRIMARY KEY);
SELECT count(*) FROM tenancy.protect('app.checkpoints', isolate_by => 'user') \gset
SELECT silent('langgraph_sibling', 'app.checkpoint_blobs', 'nobody may use it');
GRANT SELECT ON app.checkpoints, app.checkpoint_blobs, app.store_migrations TO audit_tables_app;
SELECT silent('langgraph_sibling', 'app.checkpoints', 'protected');
SELECT fixes('langgraph_sibling', 'app.checkpoint_blobs', 'critical', 'forgotten beside its siblings');
SELECT silent('langgraph_sibling', 'app.store_migrations', 'holds no data of users');

-- Columns.
CREATE TABLE app.nullable (id int, tenant_id text);
SELECT count(*) FROM tenancy.protect('app.nullable') \gset
SELECT silent('tenant_column_nullable', 'app.nullable', 'protect() forbids it');
ALTER TABLE app.nullable ALTER COLUMN tenant_id DROP NOT NULL;
SELECT fixes('tenant_column_nullable', 'app.nullable', 'medium', 'NULL allowed');
RESET ROLE;
CREATE COLLATION app.blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
SET ROLE audit_tables_owner;
CREATE TABLE app.ci (tenant_id public.citext, secret text);
ALTER TABLE app.ci ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY p ON app.ci USING (tenant_id = tenancy.current_tenant_text()::public.citext);
CREATE TABLE app.blind (tenant_id text COLLATE app.blind);
CREATE POLICY p ON app.blind USING (tenant_id = tenancy.current_tenant_text());
CREATE TABLE app.exact (tenant_id public.citext);
CREATE POLICY p ON app.exact USING (tenant_id::text = tenancy.current_tenant_text());
SELECT fixes('tenant_column_type', 'app.ci', 'high', 'citext');
SELECT fixes('tenant_column_type', 'app.blind', 'high', 'a collation that does not tell cases apart');
SELECT silent('tenant_column_type', 'app.exact', 'compared as text');
SELECT silent('tenant_column_type', 'app.own', 'text');

-- Keys.
CREATE UNIQUE INDEX doc_secret ON app.doc (secret);
SELECT fixes('key_without_isolation', 'app.doc', 'medium', 'a unique index made later');
CREATE UNIQUE INDEX draft_half ON app.draft (tenant_id, "Body");
SELECT fixes('key_without_isolation', 'app.draft', 'medium', 'the user is missing');
CREATE INDEX doc_plain ON app.doc (secret);
CREATE UNIQUE INDEX doc_led ON app.doc (tenant_id, secret);
SELECT silent('key_without_isolation', 'app.doc', 'plain, or with the tenant');
CREATE TABLE app.token (id uuid PRIMARY KEY, tenant_id text);
SELECT count(*) FROM tenancy.protect('app.token') \gset
CREATE UNIQUE INDEX ON app.token (id);
SELECT flags('key_without_isolation', 'app.token', 'low', 'values that nobody guesses');
CREATE TABLE app.room (n int, during int4range, tenant_id int);
SELECT count(*) FROM tenancy.protect('app.room') \gset
ALTER TABLE app.room ADD CONSTRAINT good EXCLUDE USING gist (tenant_id WITH =, n WITH =, during WITH &&);
SELECT silent('exclusion_without_isolation', 'app.room', 'the tenant with =');
ALTER TABLE app.room ADD CONSTRAINT bad EXCLUDE USING gist (n WITH =, during WITH &&);
SELECT flags('exclusion_without_isolation', 'app.room', 'medium', 'without the tenant');
ALTER TABLE app.room DROP CONSTRAINT bad;
ALTER TABLE app.room ADD CONSTRAINT bad EXCLUDE USING gist (tenant_id WITH <>, n WITH =);
SELECT flags('exclusion_without_isolation', 'app.room', 'medium', 'the tenant with <>');

-- Foreign keys. Their check of rows that exist needs an identity, or a superuser.
CREATE TABLE app.parent (id int PRIMARY KEY, tenant_id tenancy.tenant_id);
CREATE TABLE app.child (id int PRIMARY KEY, parent int, tenant_id tenancy.tenant_id);
SELECT count(*) FROM tenancy.protect('app.parent') \gset
SELECT count(*) FROM tenancy.protect('app.child') \gset
CREATE TABLE app.outside (tenant text, parent int);
CREATE TABLE app.model (id int PRIMARY KEY);
RESET ROLE;
ALTER TABLE app.child ADD CONSTRAINT good FOREIGN KEY (tenant_id, parent) REFERENCES app.parent (tenant_id, id);
SELECT silent('foreign_key_without_isolation', 'app.child', 'the tenant on both sides');
ALTER TABLE app.parent ADD CONSTRAINT plain UNIQUE (id);
ALTER TABLE app.child ADD CONSTRAINT bad FOREIGN KEY (parent) REFERENCES app.parent (id);
SELECT fixes('foreign_key_without_isolation', 'app.child', 'medium', 'without the tenant');
ALTER TABLE app.outside ADD CONSTRAINT inwards FOREIGN KEY (tenant, parent) REFERENCES app.parent (tenant_id, id);
SELECT silent('foreign_key_from_outside', 'app.outside', 'nobody writes there');
GRANT INSERT ON app.outside TO audit_tables_app;
SELECT fixes('foreign_key_from_outside', 'app.outside', 'medium', 'a table without protection points in');
ALTER TABLE app.child ADD CONSTRAINT shared FOREIGN KEY (id) REFERENCES app.model ON DELETE CASCADE ON UPDATE SET NULL;
GRANT SELECT, INSERT ON app.model TO audit_tables_app;
SELECT silent('foreign_key_cascade', 'app.child', 'nobody deletes the shared parent');
GRANT DELETE, UPDATE ON app.model TO audit_tables_group;
SELECT fixes('foreign_key_cascade', 'app.child', 'high', 'a shared parent that the role may delete');

-- Partitions and children, made behind the back of what protects new tables.
CREATE TABLE app.part (id int, tenant_id text) PARTITION BY HASH (id);
CREATE TABLE app.part_0 PARTITION OF app.part FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE TABLE app.kid () INHERITS (app.doc);
ALTER TABLE app.part ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenancy_floor ON app.part AS RESTRICTIVE USING (tenant_id = tenancy.current_tenant_text())
  WITH CHECK (tenant_id = tenancy.current_tenant_text());
SELECT silent('partition_unprotected', 'app.part_0', 'nobody may name it');
GRANT SELECT ON app.part_0 TO audit_tables_app;
GRANT INSERT ON app.kid TO PUBLIC;
SELECT silent('partition_unprotected', 'app.part', 'the root');
SELECT fixes('partition_unprotected', 'app.part_0', 'critical', 'a partition that can be named');
SELECT fixes('child_unprotected', 'app.kid', 'critical', 'a child that can be named');

-- Triggers.
CREATE TABLE app.log (at timestamptz, old_row jsonb);
CREATE TABLE app."Odd log" (at timestamptz, old_row jsonb);
CREATE FUNCTION app.log_it() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  insert  INTO app.Log (old_row) VALUES (to_jsonb(new));
  UPDATE "Odd log" SET old_row = to_jsonb(new);
  RETURN new;
END $$;
GRANT INSERT ON app.log TO audit_tables_app;
GRANT SELECT ON app."Odd log" TO audit_tables_app;
SELECT silent('trigger_writes_unprotected', 'app."Odd log"', 'no trigger yet');
CREATE TRIGGER log AFTER INSERT ON app.doc FOR EACH ROW EXECUTE FUNCTION app.log_it();
SELECT silent('trigger_writes_unprotected', 'app.log', 'nobody may read it');
GRANT SELECT ON app.log TO PUBLIC;
SELECT fixes('trigger_writes_unprotected', 'app.log', 'high', 'a log that the role may read');
SELECT fixes('trigger_writes_unprotected', 'app."Odd log"', 'high', 'a quoted name, found in any schema');

SELECT silent('index_not_led', 'app.doc', 'its key begins with the tenant');
SELECT fixes('index_not_led', 'app.nullable', 'low', 'no index at all');
DROP INDEX app.doc_plain;
CREATE INDEX doc_same ON app.doc (id) WITH (fillfactor = 90);
CREATE INDEX doc_some ON app.doc (secret) WHERE id > 5;
CREATE INDEX doc_hash ON app.doc USING hash (secret);
SELECT silent('index_not_led', 'app.doc', 'another index serves the column, some rows only, no B-tree');
DROP INDEX app.doc_led;
CREATE INDEX "doc USING btree (" ON app.doc (upper(secret) text_pattern_ops DESC, id) INCLUDE (secret);
SELECT fixes('index_not_led', 'app.doc', 'low', 'an index of all tenants'' entries');
SELECT matches(pg_get_indexdef('app."doc USING btree ("'::regclass), 'btree \(tenant_id, upper\(secret\) text_pattern_ops DESC, id\) INCLUDE \(secret\)$',
  'its fix keeps everything else');
SELECT silent('index_not_led', 'app.part_0', 'partitions follow their root');

-- Names are text of their makers.
CREATE TABLE app."x'); DROP TABLE app.doc; --" (id int, "Account_ID" text);
GRANT SELECT ON app."x'); DROP TABLE app.doc; --" TO audit_tables_app;
SELECT fixes('unprotected_table', 'app."x''); DROP TABLE app.doc; --"', 'critical', 'a hostile name');
SELECT has_table('app', 'doc', 'and nothing else happened');
SELECT * FROM finish();
ROLLBACK;
