-- What every case finds in its database: app.doc with rows of tenants A and B. As :stock a tenant's
-- policy written by hand over a plain setting, the way tutorials do it; else pg_tenancy.
-- t.protect() protects a table in either world; t.tenant() is who is in; t.bare() takes the
-- policies away again, for the cases whose policies somebody wrote by hand.
\set ON_ERROR_STOP on
CREATE SCHEMA t;
GRANT USAGE ON SCHEMA t TO PUBLIC;
\if :stock
CREATE FUNCTION t.tenant() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(pg_catalog.current_setting('app.tenant', true), '') $$;
CREATE FUNCTION t.protect(rel regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', rel);
  EXECUTE format('CREATE POLICY iso ON %s USING (tenant_id = t.tenant())', rel);
END $$;
\else
CREATE EXTENSION pg_tenancy;
CREATE FUNCTION t.tenant() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT tenancy.current_tenant_text() $$;
CREATE FUNCTION t.protect(rel regclass) RETURNS void LANGUAGE plpgsql
  AS $$ BEGIN PERFORM tenancy.protect(rel, existing_policies => 'replace'); END $$;
\endif
CREATE FUNCTION t.bare(rel regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  policy name;
BEGIN
  FOR policy IN SELECT polname FROM pg_policy WHERE polrelid = rel LOOP
    EXECUTE format('DROP POLICY %I ON %s', policy, rel);
  END LOOP;
END $$;
CREATE SCHEMA app AUTHORIZATION svc_owner;
GRANT USAGE ON SCHEMA app TO PUBLIC;
SET ROLE svc_owner;
CREATE TABLE app.doc (id int PRIMARY KEY, tenant_id text NOT NULL DEFAULT t.tenant(), secret text,
                      n int);
INSERT INTO app.doc VALUES (1, 'A', 'CANARY_A', 1), (2, 'B', 'CANARY_B', 42),
                           (3, 'B', 'CANARY_B2', 43);
GRANT SELECT, INSERT, UPDATE, DELETE ON app.doc TO app;
SELECT t.protect('app.doc') \g /dev/null
RESET ROLE;
