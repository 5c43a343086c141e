-- Nobody gives what they do not hold, nor lifts a denial of it: row triggers, which bind everybody
-- who acts inside an identity, superusers and owners of functions too. Outside any identity they
-- look at names of roles alone, so that a dump comes back in whatever order.

CREATE FUNCTION tenancy.reached_roles(tenant_id tenancy.tenant_id, roles text[])
  RETURNS TABLE (scope text, role text)
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH RECURSIVE reached AS (
    SELECT r.scope, r.role, r.inherits FROM tenancy.roles r
    WHERE r.role = ANY (roles) AND r.scope IN ('', reached_roles.tenant_id::text)
    UNION
    SELECT r.scope, r.role, r.inherits FROM reached
    JOIN tenancy.roles r ON r.role = ANY (reached.inherits) AND r.scope IN ('', reached.scope)
  )
  SELECT reached.scope, reached.role FROM reached
$$;
COMMENT ON FUNCTION tenancy.reached_roles(tenancy.tenant_id, text[]) IS
  'The roles that these names mean in a tenant, and all that they inherit; empty scope: a global role.';

CREATE FUNCTION tenancy.holds(permission tenancy.permission, until timestamptz)
  RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH own AS (
    SELECT coalesce(u.expires_at, 'infinity') AS until
    FROM tenancy.user_permissions u, tenancy.whoami() me
    WHERE u.tenant_id = me.tenant_id AND u.user_id = me.user_id AND u.effect = 'allow'
      AND u.permission @> holds.permission
  )
  SELECT tenancy.can(holds.permission) AND (
    NOT EXISTS (SELECT FROM own WHERE own.until < 'infinity')
    OR EXISTS (SELECT FROM own WHERE own.until >= coalesce(holds.until, 'infinity'))
    OR EXISTS (SELECT FROM tenancy.reached_roles(tenancy.current_tenant_id(), tenancy.current_roles())
               JOIN tenancy.role_permissions p USING (scope, role)
               WHERE p.effect = 'allow' AND p.permission @> holds.permission))
$$;
COMMENT ON FUNCTION tenancy.holds(tenancy.permission, timestamptz) IS
  'Whether the caller holds a permission and may give it until then (NULL: for good): what was given to them for a time they give no longer.';

CREATE FUNCTION tenancy.demand_held(permissions tenancy.permission[], what text,
    until timestamptz DEFAULT NULL)
  RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  missing tenancy.permission;
BEGIN
  SELECT p INTO missing FROM unnest(permissions) p WHERE NOT tenancy.holds(p, until) ORDER BY p LIMIT 1;
  IF FOUND THEN
    RAISE 'permission denied: % what the caller does not hold', what
      USING ERRCODE = 'TN008',
      DETAIL = format('It takes %s%s.', missing,
        CASE WHEN tenancy.can(missing) THEN ', held for as long' ELSE '' END),
      HINT = 'Somebody who holds it may; tenancy.explain_permission() says why one does not.';
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.demand_held(tenancy.permission[], text, timestamptz) IS
  'Refuses (TN008), with the first missing permission in the DETAIL, where the caller does not hold all of these until then (NULL: for good). what: what they are about to do.';

CREATE FUNCTION tenancy.role_patterns(tenant_id tenancy.tenant_id, roles text[], effect text)
  RETURNS tenancy.permission[] LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT array_agg(p.permission) FROM tenancy.reached_roles(role_patterns.tenant_id, roles)
  JOIN tenancy.role_permissions p USING (scope, role) WHERE p.effect = role_patterns.effect
$$;
COMMENT ON FUNCTION tenancy.role_patterns(tenancy.tenant_id, text[], text) IS
  'What these roles of a tenant allow, or deny (effect), with all that they inherit; NULL: nothing.';

CREATE FUNCTION tenancy.known_roles(tenant_id tenancy.tenant_id, roles text[])
  RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  unknown text;
BEGIN
  SELECT name INTO unknown FROM unnest(roles) name
  WHERE NOT EXISTS (SELECT FROM tenancy.roles r
                    WHERE r.role = name AND r.scope IN ('', known_roles.tenant_id::text))
  ORDER BY name LIMIT 1;
  IF FOUND THEN
    RAISE 'role does not exist' USING ERRCODE = '42704',
      DETAIL = format('There is no role "%s", neither of the tenant nor of all tenants.', unknown),
      HINT = 'Insert it into tenancy.roles first.';
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.known_roles(tenancy.tenant_id, text[]) IS
  'Refuses (42704) names that are roles neither of the tenant nor of all tenants.';

CREATE FUNCTION tenancy.demand_roles(given text[], taken text[])
  RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  tenant tenancy.tenant_id := tenancy.current_tenant_id();
BEGIN
  PERFORM tenancy.known_roles(tenant, given);
  IF EXISTS (SELECT FROM tenancy.roles r WHERE r.is_system AND r.role = ANY (given || taken)) THEN
    RAISE 'permission denied: a system role is neither given nor taken inside an identity'
      USING ERRCODE = 'TN008', DETAIL = 'Its row in tenancy.roles has is_system.',
      HINT = 'Administrators of the database may, outside any identity.';
  END IF;
  PERFORM tenancy.demand_held(tenancy.role_patterns(tenant, given, 'allow'), 'giving a role with');
  PERFORM tenancy.demand_held(tenancy.role_patterns(tenant, taken, 'deny'),
                              'taking a role away that denies');
END
$$;
COMMENT ON FUNCTION tenancy.demand_roles(text[], text[]) IS
  'Refuses roles that the caller may not give, or take away: unknown ones (42704), system roles, those that allow, or deny, what they do not hold (TN008).';

CREATE FUNCTION tenancy.demand_own(was tenancy.tenant_id, becomes tenancy.tenant_id, op text)
  RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF (op <> 'INSERT' AND was IS DISTINCT FROM tenancy.current_tenant_id())
     OR (op <> 'DELETE' AND becomes IS DISTINCT FROM tenancy.current_tenant_id()) THEN
    RAISE 'the row is not one of the caller''s tenant' USING ERRCODE = 'TN003',
      DETAIL = 'An identity changes rows of its own tenant only, and none that all tenants share.',
      HINT = 'Administrators of the database may, outside any identity.';
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.demand_own(tenancy.tenant_id, tenancy.tenant_id, text) IS
  'Refuses (TN003) a row that is, or would be, of another tenant than the caller''s, or of none.';

CREATE FUNCTION tenancy.demand_forward(was timestamptz, becomes timestamptz)
  RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF was IS NOT NULL AND coalesce(becomes < was, true) THEN
    RAISE 'permission denied: tokens that were cut off would count again' USING ERRCODE = 'TN008',
      DETAIL = 'tokens_valid_after only moves forward, and stays with its row.',
      HINT = 'Suspend the member instead of deleting the row.';
  END IF;
  -- An issuer's leeway lets in tokens that seem to be of the future.
  IF becomes > clock_timestamp() + interval '10 min' THEN
    RAISE 'permission denied: tokens of the future would be cut off' USING ERRCODE = 'TN008',
      DETAIL = 'tokens_valid_after lies at most ten minutes in the future.',
      HINT = 'Suspend the member instead.';
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.demand_forward(timestamptz, timestamptz) IS
  'Refuses (TN008) that tokens_valid_after moves backward, into the future, or goes with its row.';

CREATE FUNCTION tenancy.demand_no_system(roles text[])
  RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF EXISTS (SELECT FROM tenancy.roles r WHERE r.is_system AND r.role = ANY (roles)) THEN
    RAISE 'permission denied: who has a system role is denied nothing inside an identity'
      USING ERRCODE = 'TN008', DETAIL = 'A denial wins over what the system role gives.',
      HINT = 'Administrators of the database may, outside any identity.';
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.demand_no_system(text[]) IS
  'Refuses (TN008) where one of the roles is a system role: a denial is about to reach who has them.';

CREATE FUNCTION tenancy.demand_no_system_holder(tenant_id tenancy.tenant_id, role text)
  RETURNS void LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT tenancy.demand_no_system(m.roles) FROM tenancy.members m
  WHERE m.tenant_id = demand_no_system_holder.tenant_id
    AND m.roles && ARRAY(SELECT r.role FROM tenancy.roles r WHERE r.is_system)
    AND EXISTS (SELECT FROM tenancy.reached_roles(m.tenant_id, m.roles) h
                WHERE h.role = demand_no_system_holder.role AND h.scope = m.tenant_id::text)
$$;
COMMENT ON FUNCTION tenancy.demand_no_system_holder(tenancy.tenant_id, text) IS
  'Refuses (TN008) where a member with a system role has this role of the tenant too, by inheritance or not.';

-- One function for each table. They read what the caller may not see: members who hold a role.
CREATE FUNCTION tenancy.check_tenant() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF (tenancy.whoami()).tenant_id IS NULL THEN RETURN coalesce(NEW, OLD); END IF;
  IF TG_OP <> 'UPDATE' THEN
    RAISE 'tenants are made and deleted outside any identity' USING ERRCODE = 'TN010',
      DETAIL = 'An identity acts for one tenant.', HINT = 'Leave first: SELECT tenancy.logout().';
  END IF;
  PERFORM tenancy.demand_own(OLD.tenant_id, NEW.tenant_id, TG_OP);
  IF (NEW.status, NEW.tier, NEW.parent) IS DISTINCT FROM (OLD.status, OLD.tier, OLD.parent) THEN
    RAISE 'permission denied: a tenant changes neither its status nor its tier nor its parent'
      USING ERRCODE = 'TN008', DETAIL = 'No identity holds what these give.',
      HINT = 'Administrators of the database may, outside any identity.';
  END IF;
  PERFORM tenancy.demand_forward(OLD.tokens_valid_after, NEW.tokens_valid_after);
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION tenancy.check_tenant() IS
  'Row trigger of tenancy.tenants: inside an identity only the own row changes (TN003), neither its status nor its tier nor its parent (TN008).';

CREATE FUNCTION tenancy.check_member() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  was text[] := coalesce(OLD.roles, '{}');
  becomes text[] := coalesce(NEW.roles, '{}');
  given text[] := ARRAY(SELECT unnest(becomes) EXCEPT SELECT unnest(was));
BEGIN
  IF (tenancy.whoami()).tenant_id IS NULL THEN RETURN coalesce(NEW, OLD); END IF;
  PERFORM tenancy.demand_own(OLD.tenant_id, NEW.tenant_id, TG_OP);
  PERFORM tenancy.demand_roles(given, ARRAY(SELECT unnest(was) EXCEPT SELECT unnest(becomes)));
  IF tenancy.role_patterns(NEW.tenant_id, given, 'deny') IS NOT NULL THEN
    PERFORM tenancy.demand_no_system(becomes);
  END IF;
  IF TG_OP = 'INSERT' THEN
    PERFORM tenancy.demand_forward(NULL, NEW.tokens_valid_after);
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.user_id <> OLD.user_id THEN
    RAISE 'permission denied: a member does not become another user' USING ERRCODE = 'TN008',
      DETAIL = 'The row says what one user may.', HINT = 'Insert a row for the other user.';
  END IF;
  PERFORM tenancy.demand_forward(OLD.tokens_valid_after, NEW.tokens_valid_after);
  IF NEW.status IS NOT DISTINCT FROM OLD.status THEN RETURN NEW; END IF;
  -- Suspended, let in again, or deleted: without a row, a user that an issuer vouches for is let in.
  IF EXISTS (SELECT FROM tenancy.roles r WHERE r.is_system AND r.role = ANY (was)) THEN
    RAISE 'permission denied: who has a system role is neither suspended nor let in again'
      USING ERRCODE = 'TN008', DETAIL = 'It would take, or give, the system role.',
      HINT = 'Administrators of the database may, outside any identity.';
  END IF;
  IF OLD.status = 'suspended' THEN
    PERFORM tenancy.demand_held(
      tenancy.role_patterns(OLD.tenant_id, was, 'allow')
        || ARRAY(SELECT u.permission FROM tenancy.user_permissions u
                 WHERE u.tenant_id = OLD.tenant_id AND u.user_id = OLD.user_id
                   AND u.effect = 'allow' AND coalesce(u.expires_at > clock_timestamp(), true)),
      'letting somebody in again who has');
  END IF;
  RETURN coalesce(NEW, OLD);
END
$$;
COMMENT ON FUNCTION tenancy.check_member() IS
  'Row trigger of tenancy.members: inside an identity only rows of its tenant change (TN003), and nobody gives roles, or takes denials away, that they do not hold (TN008; 42704 unknown roles).';

CREATE FUNCTION tenancy.check_user_permission() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  same boolean := coalesce(NEW.permission = OLD.permission AND NEW.effect = OLD.effect, false);
  was timestamptz := coalesce(OLD.expires_at, 'infinity');
  becomes timestamptz := coalesce(NEW.expires_at, 'infinity');
BEGIN
  IF (tenancy.whoami()).tenant_id IS NULL THEN RETURN coalesce(NEW, OLD); END IF;
  PERFORM tenancy.demand_own(OLD.tenant_id, NEW.tenant_id, TG_OP);
  IF TG_OP = 'UPDATE' AND NEW.user_id <> OLD.user_id THEN
    RAISE 'permission denied: a permission does not pass to another user' USING ERRCODE = 'TN008',
      DETAIL = 'The row says what one user may.', HINT = 'Insert a row for the other user.';
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.effect = 'allow' AND NOT (same AND becomes <= was) THEN
    PERFORM tenancy.demand_held(ARRAY[NEW.permission], 'giving', NEW.expires_at);
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.effect = 'deny' AND NOT (same AND becomes <= was) THEN
    PERFORM tenancy.demand_no_system(m.roles) FROM tenancy.members m
      WHERE m.tenant_id = NEW.tenant_id AND m.user_id = NEW.user_id;
  END IF;
  IF TG_OP <> 'INSERT' AND OLD.effect = 'deny' AND was > clock_timestamp()
     AND NOT (same AND becomes >= was) THEN
    PERFORM tenancy.demand_held(ARRAY[OLD.permission], 'lifting a denial of');
  END IF;
  RETURN coalesce(NEW, OLD);
END
$$;
COMMENT ON FUNCTION tenancy.check_user_permission() IS
  'Row trigger of tenancy.user_permissions: inside an identity only rows of its tenant change (TN003), and nobody gives, or lifts a denial of, what they do not hold (TN008).';

CREATE FUNCTION tenancy.check_role_permission() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF (tenancy.whoami()).tenant_id IS NULL THEN RETURN coalesce(NEW, OLD); END IF;
  PERFORM tenancy.demand_own(OLD.tenant_id, NEW.tenant_id, TG_OP);
  IF TG_OP <> 'DELETE' AND NEW.effect = 'allow' THEN
    PERFORM tenancy.demand_held(ARRAY[NEW.permission], 'giving a role');
  ELSIF TG_OP <> 'DELETE' THEN
    PERFORM tenancy.demand_no_system_holder(NEW.tenant_id, NEW.role);
  END IF;
  IF TG_OP <> 'INSERT' AND OLD.effect = 'deny' THEN
    PERFORM tenancy.demand_held(ARRAY[OLD.permission], 'lifting a denial of');
  END IF;
  RETURN coalesce(NEW, OLD);
END
$$;
COMMENT ON FUNCTION tenancy.check_role_permission() IS
  'Row trigger of tenancy.role_permissions: inside an identity only rows of its tenant change (TN003), and nobody gives, or lifts a denial of, what they do not hold (TN008).';

CREATE FUNCTION tenancy.check_role() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  was text[] := coalesce(OLD.inherits, '{}');
  becomes text[] := coalesce(NEW.inherits, '{}');
  given text[] := ARRAY(SELECT unnest(becomes) EXCEPT SELECT unnest(was));
BEGIN
  IF (tenancy.whoami()).tenant_id IS NOT NULL THEN
    PERFORM tenancy.demand_own(OLD.tenant_id, NEW.tenant_id, TG_OP);
    IF TG_OP = 'UPDATE' AND NEW.role <> OLD.role THEN
      RAISE 'permission denied: a role keeps its name' USING ERRCODE = 'TN008',
        DETAIL = 'Those who have it have it by its name.', HINT = 'Insert another role.';
    END IF;
    PERFORM tenancy.demand_roles(given, ARRAY(SELECT unnest(was) EXCEPT SELECT unnest(becomes)));
    IF tenancy.role_patterns(NEW.tenant_id, given, 'deny') IS NOT NULL THEN
      PERFORM tenancy.demand_no_system_holder(NEW.tenant_id, NEW.role);
    END IF;
  END IF;
  IF TG_OP = 'DELETE' THEN
    -- A tenant that is deleted takes its roles and members along.
    IF EXISTS (SELECT FROM tenancy.members m JOIN tenancy.tenants t USING (tenant_id)
               WHERE OLD.role = ANY (m.roles) AND coalesce(m.tenant_id = OLD.tenant_id, true)) THEN
      RAISE 'role "%" is still held by members', OLD.role USING ERRCODE = '23503',
        DETAIL = 'tenancy.members names it in roles.', HINT = 'Take it from them first.';
    END IF;
    RETURN OLD;
  END IF;
  IF TG_OP = 'UPDATE' AND (NEW.tenant_id, NEW.role) IS NOT DISTINCT FROM (OLD.tenant_id, OLD.role) THEN
    RETURN NEW;
  END IF;
  IF (tenancy.whoami()).tenant_id IS NOT NULL
     AND current_setting('transaction_isolation') NOT LIKE 'read%' THEN
    -- An older snapshot does not show a global role of that name that was made meanwhile.
    RAISE 'a role is not made in a % transaction', upper(current_setting('transaction_isolation'))
      USING ERRCODE = '25000', DETAIL = 'It may not see the roles that there are now.',
      HINT = 'Insert it in a READ COMMITTED transaction.';
  END IF;
  IF NEW.tenant_id IS NULL THEN
    -- Nobody makes a role of that name while this waits to be committed.
    LOCK TABLE tenancy.roles IN SHARE ROW EXCLUSIVE MODE;
  END IF;
  IF EXISTS (SELECT FROM tenancy.roles r
             WHERE r.role = NEW.role AND (r.tenant_id IS NULL) <> (NEW.tenant_id IS NULL)) THEN
    RAISE 'role "%" exists already', NEW.role USING ERRCODE = '42710',
      DETAIL = 'No role of a tenant has the name of a role of all tenants.', HINT = 'Choose another name.';
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION tenancy.check_role() IS
  'Row trigger of tenancy.roles: no role of a tenant has the name of a global one (42710), and none goes that members hold (23503). Inside an identity only roles of its tenant change (TN003), new ones are made in READ COMMITTED (25000), and none inherits, or ceases to inherit, what the caller may not give or take (TN008; 42704 unknown roles).';

DO $$
DECLARE
  rel text;
  needed text;
  checked text;
BEGIN
  FOR rel, needed, checked IN VALUES
    ('tenants', 'tenancy:tenant:write', 'check_tenant'),
    ('members', 'tenancy:members:write', 'check_member'),
    ('user_permissions', 'tenancy:members:write', 'check_user_permission'),
    ('roles', 'tenancy:roles:write', 'check_role'),
    ('role_permissions', 'tenancy:roles:write', 'check_role_permission') LOOP
    EXECUTE format('CREATE TRIGGER authorize_change'
                   ' BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON tenancy.%I'
                   ' FOR EACH STATEMENT EXECUTE FUNCTION tenancy.authorize_change(%L)', rel, needed);
    EXECUTE format('CREATE TRIGGER %I BEFORE INSERT OR UPDATE OR DELETE ON tenancy.%I'
                   ' FOR EACH ROW EXECUTE FUNCTION tenancy.%I()', checked, rel, checked);
    EXECUTE format('ALTER TABLE tenancy.%I ENABLE ALWAYS TRIGGER authorize_change,'
                   ' ENABLE ALWAYS TRIGGER %I', rel, checked);
    EXECUTE format('REVOKE ALL ON FUNCTION tenancy.%I() FROM PUBLIC', checked);
  END LOOP;
END
$$;
REVOKE ALL ON FUNCTION tenancy.authorize_change(), tenancy.reached_roles(tenancy.tenant_id, text[]),
  tenancy.holds(tenancy.permission, timestamptz),
  tenancy.demand_held(tenancy.permission[], text, timestamptz),
  tenancy.role_patterns(tenancy.tenant_id, text[], text),
  tenancy.known_roles(tenancy.tenant_id, text[]), tenancy.demand_roles(text[], text[]),
  tenancy.demand_own(tenancy.tenant_id, tenancy.tenant_id, text),
  tenancy.demand_no_system(text[]), tenancy.demand_no_system_holder(tenancy.tenant_id, text),
  tenancy.demand_forward(timestamptz, timestamptz) FROM PUBLIC;
