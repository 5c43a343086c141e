-- Who may speak for tenants without being one of their users: jobs, support staff, operators.

-- Read whenever a token is issued and kept nowhere, so that a change needs to tell nobody.
CREATE TABLE tenancy.operators (
  role regrole PRIMARY KEY,
  tenant_ids tenancy.tenant_id[] CHECK (array_position(tenant_ids, NULL) IS NULL),
  permissions tenancy.permission[] CHECK (array_position(permissions, NULL) IS NULL),
  max_ttl interval NOT NULL DEFAULT '15 min' CHECK (max_ttl BETWEEN '1 s' AND '24 h'),
  reason text NOT NULL CHECK (reason <> ''),
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE tenancy.operators IS
  'Which roles of the database, superusers aside, may issue tokens and run jobs, for which tenants. An entry is for all roles that have the privileges of its role; one entry has to cover all of a request.';
COMMENT ON COLUMN tenancy.operators.role IS 'The role. An entry of a role that was dropped counts no more, and is not dumped.';
COMMENT ON COLUMN tenancy.operators.tenant_ids IS 'The tenants it may speak for; NULL: all, also those of later.';
COMMENT ON COLUMN tenancy.operators.permissions IS
  'What its tokens may allow at most; NULL: not bounded. A token for which no permissions are asked has these.';
COMMENT ON COLUMN tenancy.operators.max_ttl IS 'How long its tokens live at most, 1 s to 24 h.';
COMMENT ON COLUMN tenancy.operators.reason IS 'What for, for people.';
COMMENT ON COLUMN tenancy.operators.created_at IS 'When it was made.';
REVOKE ALL ON tenancy.operators FROM PUBLIC;
-- The number of a dropped role may be another role's where the dump is restored.
SELECT pg_extension_config_dump('tenancy.operators', 'WHERE role IN (SELECT oid FROM pg_catalog.pg_roles)');

CREATE PROCEDURE tenancy.for_each_tenant(
    command text, tenant_ids tenancy.tenant_id[] DEFAULT NULL, on_error text DEFAULT 'stop')
  LANGUAGE c AS 'MODULE_PATHNAME', 'tenancy_for_each_tenant';
COMMENT ON PROCEDURE tenancy.for_each_tenant IS
$$Runs a command for one tenant after the other, each in a transaction and an identity of its own, as the caller. For roles within their entry in tenancy.operators; not for superusers, whom row security does not bind.
command: SQL, of one or more statements, without BEGIN and COMMIT; results are dropped; tenant_ids: NULL = all active tenants that the caller's entries name, in order; on_error: stop = raise the first error, continue = a warning for each tenant that failed, and an error at the end. What succeeded stays committed.
The identity is a job without a user: its permissions are those of the entry, or * where it is not bounded, and it lasts for the entry's max_ttl.
Errors: 22023 an argument is refused; TN010 inside an identity; 25001 inside a transaction block, a function or an exception block; 42501 no entry of the caller names a tenant, or the caller bypasses row security; 42704 a tenant is not in tenancy.tenants; 2D000 the command begins or ends a transaction; 38000 some tenants failed; TN005 a named tenant is suspended; else what the command raises.$$;
