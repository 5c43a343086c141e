-- Companion of pgTAP for applications on pg_tenancy: a test script loads it with \i after BEGIN, and
-- its ROLLBACK takes it away again. Run the tests as a superuser on a test database.
--
--   as_user(tenant, user)        enters as that user, for what follows
--   as_nobody()                  leaves
--   isolates(rel)                a test: the table is protected, and forced on its owner
--   throws_without_identity(sql) a test: the statement raises TN001; after as_nobody()
--
-- A test is one transaction with several identities, so it runs in session scope; pgTAP keeps its
-- plan in temporary tables, which the entry check would refuse.
SET LOCAL tenancy.scope = session;
SET LOCAL tenancy.entry_check = off;

CREATE FUNCTION pg_temp.as_user(tenant_id text, user_id text DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT tenancy.logout();
  SELECT tenancy.login(tenancy.issue_token($1::tenancy.tenant_id, $2::tenancy.user_id));
$$;
CREATE FUNCTION pg_temp.as_nobody() RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS 'SELECT tenancy.logout()';

CREATE FUNCTION pg_temp.isolates(rel regclass) RETURNS text LANGUAGE sql AS $$
  SELECT ok(EXISTS (SELECT FROM tenancy.protected_tables p
                    WHERE p.relation = rel AND p.forced), format('%s is isolated', rel));
$$;
CREATE FUNCTION pg_temp.throws_without_identity(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF (tenancy.whoami()).tenant_id IS NOT NULL THEN
    RETURN ok(false, 'without an identity: ' || statement) || E'\n' || diag('call as_nobody() first');
  END IF;
  RETURN throws_ok(statement, 'TN001', NULL, 'without an identity: ' || statement);
END$$;
