-- Administration of a tenant by its own people: who sees and changes which rows of the authorization
-- tables. What may become of these rows is the business of 52_grant_rule.sql.

-- What people outside this extension may do with these tables, at most. Whoever row security binds
-- also needs the permission of the statement's trigger below, whatever rows are meant.
GRANT SELECT ON tenancy.tenants, tenancy.members, tenancy.roles, tenancy.role_permissions,
  tenancy.user_permissions TO PUBLIC;
GRANT UPDATE (display_name, settings) ON tenancy.tenants TO PUBLIC;
GRANT INSERT (tenant_id, user_id, roles, status, tokens_valid_after),
  UPDATE (roles, status, tokens_valid_after), DELETE ON tenancy.members TO PUBLIC;
GRANT INSERT (tenant_id, user_id, permission, effect, expires_at, reason),
  UPDATE (expires_at, reason), DELETE ON tenancy.user_permissions TO PUBLIC;
GRANT INSERT (tenant_id, role, inherits, description), UPDATE (inherits, description), DELETE
  ON tenancy.roles TO PUBLIC;
GRANT INSERT (tenant_id, role, permission, effect), DELETE ON tenancy.role_permissions TO PUBLIC;

ALTER TABLE tenancy.tenants ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON tenancy.tenants FOR SELECT
  USING (tenant_id = tenancy.current_tenant_id());
CREATE POLICY administrators ON tenancy.tenants FOR UPDATE
  USING (tenant_id = tenancy.current_tenant_id() AND tenancy.can('tenancy:tenant:write'));

DO $$
DECLARE
  rel text;
BEGIN
  FOREACH rel IN ARRAY ARRAY['members', 'user_permissions'] LOOP
    EXECUTE format('ALTER TABLE tenancy.%I ENABLE ROW LEVEL SECURITY', rel);
    EXECUTE format('CREATE POLICY own ON tenancy.%I FOR SELECT'
                   ' USING (tenant_id = tenancy.current_tenant_id()'
                   ' AND (user_id = (SELECT (tenancy.whoami()).user_id)'
                   ' OR tenancy.can(''tenancy:members:read'')))', rel);
    EXECUTE format('CREATE POLICY administrators ON tenancy.%I'
                   ' USING (tenant_id = tenancy.current_tenant_id()'
                   ' AND tenancy.can(''tenancy:members:write''))', rel);
  END LOOP;
  FOREACH rel IN ARRAY ARRAY['roles', 'role_permissions'] LOOP
    EXECUTE format('ALTER TABLE tenancy.%I ENABLE ROW LEVEL SECURITY', rel);
    EXECUTE format('CREATE POLICY own_and_global ON tenancy.%I FOR SELECT'
                   ' USING (tenancy.current_tenant_id() IS NOT NULL'
                   ' AND scope IN ('''', tenancy.current_tenant_text()))', rel);
    EXECUTE format('CREATE POLICY administrators ON tenancy.%I'
                   ' USING (tenant_id = tenancy.current_tenant_id()'
                   ' AND tenancy.can(''tenancy:roles:write''))', rel);
  END LOOP;
END
$$;

-- Statements: before a row is looked at, so that nobody without the permission moves the version
-- of the tables, which every session follows, by changing no row.
CREATE FUNCTION tenancy.authorize_change() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    IF (tenancy.whoami()).tenant_id IS NOT NULL THEN
      RAISE 'TRUNCATE of % is refused inside an identity', TG_RELID::regclass
        USING ERRCODE = 'TN010', DETAIL = 'It holds rows of all tenants.',
        HINT = 'Leave first: SELECT tenancy.logout().';
    END IF;
  ELSIF row_security_active(TG_RELID) THEN
    PERFORM tenancy.require(TG_ARGV[0]::tenancy.permission);
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION tenancy.authorize_change() IS
  'Statement trigger of the authorization tables: whoever row security binds needs the permission in its argument (TN008; TN001 without identity); nobody empties them inside an identity (TN010).';

REVOKE ALL ON FUNCTION tenancy.authorize_change() FROM PUBLIC;

-- Functions for those who run the whole: EXECUTE is for whom it is granted to, as a role for
-- sign-ups. The tables' triggers see to the rules, whoever calls.
CREATE FUNCTION tenancy.create_tenant(tenant_id tenancy.tenant_id, display_name text DEFAULT NULL,
    tier text DEFAULT NULL, owner_user_id tenancy.user_id DEFAULT NULL,
    owner_roles text[] DEFAULT '{owner}')
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tenancy.demand_outside('tenancy.create_tenant()');
  IF tenant_id IS NULL OR (owner_user_id IS NOT NULL AND owner_roles IS NULL) THEN
    RAISE '% is missing', CASE WHEN tenant_id IS NULL THEN 'tenant_id' ELSE 'owner_roles' END
      USING ERRCODE = '22023', DETAIL = 'It cannot be NULL.';
  END IF;
  IF tier IS NOT NULL AND NOT EXISTS (SELECT FROM tenancy.tiers t WHERE t.tier = create_tenant.tier) THEN
    RAISE 'tier does not exist' USING ERRCODE = '42704',
      DETAIL = 'tenancy.tiers has no such row.', HINT = 'Insert it first.';
  END IF;
  INSERT INTO tenancy.tenants (tenant_id, display_name, tier)
    VALUES (create_tenant.tenant_id, create_tenant.display_name, create_tenant.tier)
    ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RAISE 'tenant exists already' USING ERRCODE = '42710',
      DETAIL = 'tenancy.tenants has a row of that tenant.', HINT = 'Choose another tenant_id.';
  END IF;
  IF owner_user_id IS NOT NULL THEN
    PERFORM tenancy.add_member(tenant_id, owner_user_id, owner_roles);
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.create_tenant(tenancy.tenant_id, text, text, tenancy.user_id, text[]) IS
'Registers a tenant. Arguments: its id, a name for people, its tier (NULL: the credential''s or the
default one), and its first member with their roles, which must be there: the role of all tenants
"owner", which you make, where nothing else is said.
Errors: 42710 exists, 42704 no such tier or role, 22023 NULL, TN010 inside an identity.';

CREATE FUNCTION tenancy.set_tenant_status(tenant_id tenancy.tenant_id, status text)
  RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  was text;
BEGIN
  PERFORM tenancy.demand_outside('changing the status of a tenant');
  SELECT t.status INTO was FROM tenancy.tenants t
    WHERE t.tenant_id = set_tenant_status.tenant_id FOR UPDATE;
  IF NOT FOUND THEN
    RAISE 'tenant does not exist' USING ERRCODE = '42704',
      DETAIL = 'tenancy.tenants has no row of that tenant.', HINT = 'Register it: tenancy.create_tenant().';
  ELSIF was = 'closed' AND status <> 'closed' THEN
    RAISE 'tenant is closed' USING ERRCODE = '55000',
      DETAIL = 'A closed tenant stays closed.', HINT = 'Create another tenant.';
  ELSIF was <> status THEN
    UPDATE tenancy.tenants t SET status = set_tenant_status.status
      WHERE t.tenant_id = set_tenant_status.tenant_id;
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.set_tenant_status(tenancy.tenant_id, text) IS
'What suspend_tenant(), resume_tenant() and close_tenant() share.';

CREATE FUNCTION tenancy.suspend_tenant(tenant_id tenancy.tenant_id) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  AS $$ SELECT tenancy.set_tenant_status(tenant_id, 'suspended') $$;
COMMENT ON FUNCTION tenancy.suspend_tenant(tenancy.tenant_id) IS
'Shuts a tenant out, running sessions at their next statement, until resume_tenant().
Errors: 42704 no such tenant, 55000 closed, TN010 inside an identity.';
CREATE FUNCTION tenancy.resume_tenant(tenant_id tenancy.tenant_id) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  AS $$ SELECT tenancy.set_tenant_status(tenant_id, 'active') $$;
COMMENT ON FUNCTION tenancy.resume_tenant(tenancy.tenant_id) IS
'Lets a suspended tenant in again.
Errors: 42704 no such tenant, 55000 closed, TN010 inside an identity.';
CREATE FUNCTION tenancy.close_tenant(tenant_id tenancy.tenant_id) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  AS $$ SELECT tenancy.set_tenant_status(tenant_id, 'closed') $$;
COMMENT ON FUNCTION tenancy.close_tenant(tenancy.tenant_id) IS
'Shuts a tenant out for good. Its rows stay until you delete them.
Errors: 42704 no such tenant, TN010 inside an identity.';

CREATE FUNCTION tenancy.add_member(tenant_id tenancy.tenant_id, user_id tenancy.user_id,
    roles text[] DEFAULT '{}')
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tenancy.demand_administrator(tenant_id);
  IF tenant_id IS NULL OR user_id IS NULL OR roles IS NULL OR array_position(roles, NULL) IS NOT NULL THEN
    RAISE 'tenant_id, user_id or roles is missing' USING ERRCODE = '22023',
      DETAIL = 'None of them can be NULL, nor can a role.';
  ELSIF NOT EXISTS (SELECT FROM tenancy.tenants t WHERE t.tenant_id = add_member.tenant_id) THEN
    RAISE 'tenant does not exist' USING ERRCODE = '42704',
      DETAIL = 'tenancy.tenants has no row of that tenant.', HINT = 'Register it: tenancy.create_tenant().';
  END IF;
  PERFORM tenancy.known_roles(tenant_id, roles);
  INSERT INTO tenancy.members (tenant_id, user_id, roles)
    VALUES (add_member.tenant_id, add_member.user_id, add_member.roles) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RAISE 'member exists already' USING ERRCODE = '42710',
      DETAIL = 'tenancy.members has a row of that user.', HINT = 'UPDATE its roles instead.';
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.add_member(tenancy.tenant_id, tenancy.user_id, text[]) IS
'Makes a user a member of a tenant. Inside an identity: of the own tenant, with the permission
tenancy:members:write and roles that the caller may give.
Errors: 42710 exists, 42704 no such tenant or role, 22023 NULL, TN003 another tenant, TN008 not
permitted.';

CREATE FUNCTION tenancy.remove_member(tenant_id tenancy.tenant_id, user_id tenancy.user_id)
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tenancy.demand_administrator(tenant_id);
  IF tenant_id IS NULL OR user_id IS NULL THEN
    RAISE 'tenant_id or user_id is missing' USING ERRCODE = '22023', DETAIL = 'Neither can be NULL.';
  END IF;
  DELETE FROM tenancy.members m
    WHERE (m.tenant_id, m.user_id) = (remove_member.tenant_id, remove_member.user_id);
  IF NOT FOUND THEN
    RAISE 'member does not exist' USING ERRCODE = '42704',
      DETAIL = 'tenancy.members has no row of that user.';
  END IF;
  DELETE FROM tenancy.user_permissions p
    WHERE (p.tenant_id, p.user_id) = (remove_member.tenant_id, remove_member.user_id);
END
$$;
COMMENT ON FUNCTION tenancy.remove_member(tenancy.tenant_id, tenancy.user_id) IS
'Deletes a member and their user_permissions. Whom an issuer with membership => ''claims'' vouches for
still enters: suspend them instead. Inside an identity: of the own tenant, with the permission
tenancy:members:write, and no denial goes with it of what the caller does not hold.
Errors: 42704 no such member, 22023 NULL, TN003 another tenant, TN008 not permitted.';

CREATE FUNCTION tenancy.demand_outside(what text)
  RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF (tenancy.whoami()).tenant_id IS NOT NULL THEN
    RAISE '% is refused inside an identity', what USING ERRCODE = 'TN010',
      DETAIL = 'An identity acts for one tenant, and does not say whether that may enter.',
      HINT = 'Leave first: SELECT tenancy.logout().';
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.demand_outside(text) IS 'Refuses (TN010) what is named, inside an identity.';

CREATE FUNCTION tenancy.demand_administrator(tenant_id tenancy.tenant_id)
  RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF (tenancy.whoami()).tenant_id IS NOT NULL THEN
    PERFORM tenancy.require('tenancy:members:write');
    PERFORM tenancy.demand_own(tenant_id, tenant_id, 'UPDATE');
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.demand_administrator(tenancy.tenant_id) IS
'Refuses, inside an identity, who may not write the members of that tenant (TN008, TN003).';

REVOKE ALL ON FUNCTION
  tenancy.create_tenant(tenancy.tenant_id, text, text, tenancy.user_id, text[]),
  tenancy.set_tenant_status(tenancy.tenant_id, text), tenancy.suspend_tenant(tenancy.tenant_id),
  tenancy.resume_tenant(tenancy.tenant_id), tenancy.close_tenant(tenancy.tenant_id),
  tenancy.add_member(tenancy.tenant_id, tenancy.user_id, text[]),
  tenancy.remove_member(tenancy.tenant_id, tenancy.user_id), tenancy.demand_outside(text),
  tenancy.demand_administrator(tenancy.tenant_id) FROM PUBLIC;
