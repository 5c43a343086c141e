-- Audit, group views: every rule provoked, silent on its twin, and gone once its fix has run.
BEGIN;
SELECT no_plan();
CREATE EXTENSION dblink;
CREATE EXTENSION postgres_fdw;
CREATE ROLE audit_views_owner;
CREATE ROLE audit_views_app LOGIN;
CREATE ROLE audit_views_bypass BYPASSRLS;
CREATE ROLE audit_views_group;
GRANT audit_views_group TO audit_views_app;
CREATE SCHEMA app AUTHORIZATION audit_views_owner;
CREATE SCHEMA closed AUTHORIZATION audit_views_owner;
GRANT USAGE ON SCHEMA app TO audit_views_app;
REVOKE EXECUTE ON FUNCTION dblink(text), dblink(text, text), dblink(text, boolean), dblink(text, text, boolean),
  dblink_connect(text), dblink_connect(text, text), dblink_exec(text), dblink_exec(text, text),
  dblink_exec(text, boolean), dblink_exec(text, text, boolean) FROM PUBLIC;

-- In a schema of their own, which the audited role may not use.
CREATE SCHEMA harness;
SET LOCAL search_path = public, harness;
CREATE FUNCTION harness.found(code text, object text) RETURNS SETOF tenancy.finding LANGUAGE sql AS $$
  SELECT f.* FROM tenancy.audit_views(ARRAY['audit_views_app'::regrole::oid]) f WHERE f.code = $1 AND f.object = $2 $$;
CREATE FUNCTION harness.silent(code text, object text, why text) RETURNS text LANGUAGE sql AS $$
  SELECT is_empty(format('SELECT * FROM found(%L, %L)', code, object), code || ' is silent: ' || why) $$;
CREATE FUNCTION harness.flags(code text, object text, severity text, why text) RETURNS text LANGUAGE sql AS $$
  SELECT is((SELECT string_agg(f.severity, ', ') FROM found($1, $2) f), $3, code || ': ' || why) $$;
CREATE FUNCTION harness.fixes(code text, object text, severity text, why text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
  RETURN NEXT flags(code, object, severity, why);
  RETURN NEXT lives_ok((SELECT f.fix FROM found(code, object) f LIMIT 1), code || ': its fix runs');
  RETURN NEXT silent(code, object, 'fixed');
END $$;

SET ROLE audit_views_owner;
CREATE TABLE app.doc (id int PRIMARY KEY, tenant_id tenancy.tenant_id, secret text);
CREATE TABLE app.countries (id int PRIMARY KEY, name text);
SELECT count(*) FROM tenancy.protect('app.doc') \gset
GRANT SELECT, INSERT, UPDATE, DELETE ON app.doc TO audit_views_app;
CREATE VIEW app.by_owner AS SELECT * FROM app.doc;
RESET ROLE;
SELECT is_empty($$SELECT * FROM tenancy.audit_views(ARRAY['audit_views_app'::regrole::oid])$$,
  'tables alone have no finding');

-- Views.
CREATE VIEW app.by_super AS SELECT * FROM app.doc;
CREATE VIEW app.by_bypass AS SELECT * FROM app.doc;
ALTER VIEW app.by_bypass OWNER TO audit_views_bypass;
CREATE VIEW app.by_caller WITH (security_invoker) AS SELECT * FROM app.doc;
CREATE VIEW app.harmless AS SELECT * FROM app.countries;
SELECT silent('definer_view', 'app.by_super', 'nobody may read it');
GRANT SELECT ON app.by_owner, app.by_super, app.by_caller, app.harmless TO audit_views_app;
GRANT UPDATE ON app.by_bypass TO audit_views_group;
SELECT silent('definer_view', 'app.by_owner', 'forced row security binds an ordinary owner');
SELECT silent('definer_view', 'app.by_caller', 'the caller''s rights');
SELECT silent('definer_view', 'app.harmless', 'no protected table');
SELECT fixes('definer_view', 'app.by_super', 'critical', 'a superuser owns it');
SELECT fixes('definer_view', 'app.by_bypass', 'critical', 'written through BYPASSRLS');
ALTER TABLE app.doc NO FORCE ROW LEVEL SECURITY;
SELECT fixes('definer_view', 'app.by_owner', 'critical', 'row security does not bind the owner');
ALTER TABLE app.doc FORCE ROW LEVEL SECURITY;
CREATE VIEW closed.inner_ AS SELECT * FROM app.doc;
CREATE VIEW closed.middle WITH (security_invoker) AS SELECT * FROM closed.inner_;
CREATE VIEW app.outer_ AS SELECT m.* FROM closed.middle m WHERE EXISTS (SELECT FROM closed.inner_);
ALTER VIEW app.outer_ OWNER TO audit_views_owner;
GRANT SELECT ON closed.inner_ TO audit_views_owner;
GRANT SELECT ON app.outer_ TO audit_views_app;
SELECT silent('definer_view', 'closed.inner_', 'a schema that the role cannot use');
SELECT fixes('definer_view', 'app.outer_', 'critical', 'two views above');
CREATE VIEW app.filtered AS SELECT * FROM app.doc WHERE tenant_id = tenancy.current_tenant_id();
GRANT SELECT ON app.filtered TO audit_views_app;
SELECT fixes('view_without_barrier', 'app.filtered', 'high', 'the view keeps tenants apart, and can be looked past');
SELECT flags('definer_view', 'app.filtered', 'low', 'with a barrier, its condition is all there is');
CREATE VIEW app.filtered_by_owner AS SELECT * FROM app.doc WHERE tenant_id = tenancy.current_tenant_id();
ALTER VIEW app.filtered_by_owner OWNER TO audit_views_owner;
GRANT SELECT ON app.filtered_by_owner TO audit_views_app;
SELECT silent('view_without_barrier', 'app.filtered_by_owner', 'row security stands below');

CREATE MATERIALIZED VIEW app.mv AS SELECT tenant_id, secret FROM app.doc;
CREATE VIEW app.mv_all AS SELECT * FROM app.mv;
CREATE VIEW app.mv_mine WITH (security_barrier) AS SELECT * FROM app.mv WHERE tenant_id = tenancy.current_tenant_id();
CREATE VIEW app.mv_caller WITH (security_invoker) AS SELECT * FROM app.mv;
CREATE MATERIALIZED VIEW app.mv_harmless AS SELECT * FROM app.countries;
GRANT SELECT ON app.mv_harmless, app.mv_mine, app.mv_caller TO audit_views_app;
SELECT silent('materialized_view', 'app.mv', 'nobody may read it');
GRANT SELECT ON app.mv, app.mv_all TO audit_views_app;
SELECT fixes('materialized_view', 'app.mv', 'critical', 'rows of every tenant');
SELECT fixes('materialized_view', 'app.mv_all', 'critical', 'and a view on it');
SELECT silent('materialized_view', 'app.mv_mine', 'filtered behind a barrier');
SELECT silent('materialized_view', 'app.mv_caller', 'the caller has no right below');
SELECT silent('materialized_view', 'app.mv_harmless', 'no protected table');

CREATE VIEW app.inbox AS SELECT 1 AS id;
CREATE RULE take AS ON INSERT TO app.inbox DO INSTEAD INSERT INTO app.doc (id) VALUES (new.id);
GRANT SELECT ON app.inbox TO audit_views_app;
SELECT silent('view_rule', 'app.inbox', 'nobody may insert');
GRANT INSERT ON app.inbox TO audit_views_app;
SELECT fixes('view_rule', 'app.inbox', 'critical', 'writes with a superuser''s rights');
CREATE RULE take AS ON INSERT TO app.inbox DO INSTEAD INSERT INTO app.doc (id) VALUES (new.id);
ALTER VIEW app.inbox OWNER TO audit_views_owner;
SELECT silent('view_rule', 'app.inbox', 'row security binds the owner');

-- Functions.
CREATE FUNCTION app.reader(k int) RETURNS SETOF app.doc LANGUAGE sql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS $$ SELECT * FROM app.Doc WHERE id = k $$;
CREATE FUNCTION app.atomic(k int) RETURNS text LANGUAGE sql SECURITY DEFINER
  BEGIN ATOMIC SELECT secret FROM app.doc WHERE id = k; END;
CREATE FUNCTION app.other() RETURNS int LANGUAGE sql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS $$ SELECT 1 $$;
CREATE FUNCTION app.by_owner(k int) RETURNS SETOF app.doc LANGUAGE sql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS $$ SELECT * FROM app.doc WHERE id = k $$;
ALTER FUNCTION app.by_owner(int) OWNER TO audit_views_owner;
CREATE FUNCTION closed.reader(k int) RETURNS SETOF app.doc LANGUAGE sql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS $$ SELECT * FROM app.doc WHERE id = k $$;
CREATE FUNCTION app.by_caller(k int) RETURNS SETOF app.doc LANGUAGE sql AS $$ SELECT * FROM app.doc WHERE id = k $$;
SELECT fixes('definer_function_public', 'app.reader(integer)', 'high', 'everybody may call it');
SELECT silent('definer_function', 'app.reader(integer)', 'nobody may call it now');
GRANT EXECUTE ON FUNCTION app.reader(int) TO audit_views_group;
SELECT silent('definer_function_public', 'app.reader(integer)', 'granted to whom it is for');
SELECT fixes('definer_function', 'app.reader(integer)', 'critical', 'reads as a superuser');
SELECT silent('definer_search_path', 'app.atomic(integer)', 'its names were looked up when it was made');
SELECT fixes('definer_function', 'app.atomic(integer)', 'critical', 'a body that is no text');
SELECT fixes('definer_function', 'app.other()', 'medium', 'what it reaches is not known');
SELECT flags('definer_function_public', 'app.by_owner(integer)', 'low', 'an ordinary owner');
SELECT silent('definer_function', 'app.by_owner(integer)', 'row security binds the owner');
SELECT silent('definer_function', 'closed.reader(integer)', 'a schema that the role cannot use');
SELECT silent('definer_function', 'app.by_caller(integer)', 'the caller''s rights');
ALTER TABLE app.doc NO FORCE ROW LEVEL SECURITY;
SELECT fixes('definer_function', 'app.by_owner(integer)', 'critical', 'row security does not bind the owner');
ALTER TABLE app.doc FORCE ROW LEVEL SECURITY;

CREATE FUNCTION app.unpinned() RETURNS bool LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN true; END $$;
CREATE FUNCTION app.no_temp() RETURNS bool LANGUAGE plpgsql SECURITY DEFINER SET search_path = closed AS $$ BEGIN RETURN true; END $$;
CREATE FUNCTION app.open_path() RETURNS bool LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, scratch, "$user", pg_temp AS $$ BEGIN RETURN true; END $$;
CREATE FUNCTION app.pinned() RETURNS bool LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, app, pg_temp AS $$ BEGIN RETURN true; END $$;
CREATE SCHEMA scratch;
GRANT CREATE ON SCHEMA scratch TO audit_views_group;
SELECT fixes('definer_search_path', 'app.unpinned()', 'critical', 'the caller''s search_path');
SELECT is((SELECT proconfig FROM pg_proc WHERE oid = 'app.unpinned()'::regprocedure), ARRAY['search_path=pg_catalog, app, pg_temp'],
  'its own schema, between the system''s and the temporary one');
SELECT fixes('definer_search_path', 'app.no_temp()', 'critical', 'temporary objects come first');
SELECT fixes('definer_search_path', 'app.open_path()', 'critical', 'a schema in which the role can create');
SELECT silent('definer_search_path', 'app.pinned()', 'pinned');

CREATE TABLE app.sink (note text);
CREATE FUNCTION app.inject() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN execute 'insert into app.sink values (''' || new.secret || ''')'; RETURN new; END $$;
SELECT silent('definer_dynamic_sql', 'app.inject()', 'no trigger yet');
CREATE TRIGGER inject BEFORE INSERT ON app.doc FOR EACH ROW EXECUTE FUNCTION app.inject();
SELECT silent('definer_function_public', 'app.inject()', 'nobody can call a trigger');
SELECT flags('definer_function', 'app.inject()', 'medium', 'a trigger runs for whoever writes');
SELECT fixes('definer_dynamic_sql', 'app.inject()', 'critical', 'values become SQL');
CREATE OR REPLACE FUNCTION app.inject() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN execute 'insert into app.sink values ($1)' USING new.secret; RETURN new; END $$;
SELECT silent('definer_dynamic_sql', 'app.inject()', 'values stay values');
DROP TRIGGER inject ON app.doc;

-- Out of the database.
CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1');
CREATE FOREIGN TABLE app.far (id int) SERVER elsewhere;
SELECT silent('foreign_table', 'app.far', 'nobody may read it');
GRANT SELECT ON app.far TO audit_views_app;
SELECT fixes('foreign_table', 'app.far', 'high', 'no row security');
GRANT SELECT ON app.far TO PUBLIC;
CREATE USER MAPPING FOR PUBLIC SERVER elsewhere OPTIONS (user 'x', password 'y');
SELECT fixes('foreign_table', 'app.far', 'critical', 'logs in for everybody');
SELECT silent('dblink', 'extension dblink', 'revoked');
GRANT EXECUTE ON FUNCTION dblink(text), dblink_exec(text) TO PUBLIC;
SELECT fixes('dblink', 'extension dblink', 'medium', 'everybody may call it');

CREATE PUBLICATION harmless FOR TABLE app.countries;
CREATE PUBLICATION partly FOR TABLE app.doc, app.countries;
CREATE PUBLICATION everything FOR ALL TABLES;
SELECT silent('publication', 'publication harmless', 'no protected table');
SELECT fixes('publication', 'publication partly', 'low', 'a protected table');
SELECT is((SELECT count(*) FROM pg_publication_tables WHERE pubname = 'partly'), 1::bigint, 'the other one stays');
SELECT fixes('publication', 'publication everything', 'low', 'all tables');

SELECT silent('large_objects', 'large objects of audit_views_app', 'there are none');
SELECT lo_from_bytea(0, 'x') AS lob \gset
SELECT silent('large_objects', 'large objects of postgres', 'their owner''s alone');
GRANT SELECT ON LARGE OBJECT :lob TO audit_views_group;
SELECT fixes('large_objects', 'large objects of postgres', 'high', 'granted');
SET ROLE audit_views_app;
SELECT lo_from_bytea(0, 'x') AS lob \gset
RESET ROLE;
SELECT fixes('large_objects', 'large objects of audit_views_app', 'high', 'owned by the application');

-- Names are text of their makers.
CREATE FUNCTION app."f'); DROP TABLE app.doc; --"() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
SELECT fixes('definer_search_path', 'app."f''); DROP TABLE app.doc; --"()', 'critical', 'a hostile name');
SELECT has_table('app', 'doc', 'and nothing else happened');
SELECT * FROM finish();
ROLLBACK;
