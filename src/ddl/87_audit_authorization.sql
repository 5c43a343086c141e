-- Audit, group authorization: what the tables of permissions say that nobody may have meant. Class
-- `authorization`: it tells nothing about isolation, but for operators, who enter as others.
CREATE FUNCTION tenancy.audit_authorization(roles oid[])
  RETURNS SETOF tenancy.finding LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH RECURSIVE reached (scope, role, from_scope, from_role) AS ( -- from_role has what role allows
    SELECT r.scope, r.role, r.scope, r.role FROM tenancy.roles r
    UNION
    SELECT v.scope, v.role, r.scope, r.role
    FROM reached v
    JOIN tenancy.roles r ON v.from_role = ANY (r.inherits) AND v.from_scope IN ('', r.scope)
  ), broad AS MATERIALIZED ( -- roles that allow everything, or all of a tenant's administration
    SELECT p.scope, p.role, p.permission, r.is_system,
           'role ' || quote_ident(p.role) || coalesce(' of ' || p.tenant_id::text, '') AS object
    FROM tenancy.role_permissions p
    JOIN tenancy.roles r USING (scope, role)
    WHERE p.effect = 'allow' AND p.permission @> 'tenancy:*'::tenancy.permission
  ), unknown AS MATERIALIZED (
    SELECT DISTINCT m.tenant_id::text AS scope, n.name, 'members' AS place, 'roles' AS col, 'tenant_id = %L' AS place_is
    FROM tenancy.members m, unnest(m.roles) n (name)
    WHERE NOT EXISTS (SELECT FROM tenancy.roles r WHERE r.role = n.name AND r.scope IN ('', m.tenant_id::text))
    UNION ALL
    SELECT DISTINCT o.scope, n.name, 'roles', 'inherits', 'scope = %L'
    FROM tenancy.roles o, unnest(o.inherits) n (name)
    WHERE NOT EXISTS (SELECT FROM tenancy.roles r WHERE r.role = n.name AND r.scope IN ('', o.scope))
  ), member AS MATERIALIZED (
    SELECT * FROM tenancy.audit_membership(roles) WHERE member_of <> 0
  )
  SELECT 'high', 'authorization', 'role_allows_all', b.object,
         format('Every tenant''s administrators may give it on, and it allows %s.', b.permission),
         format('UPDATE tenancy.roles SET is_system = true WHERE scope = '''' AND role = %L;', b.role)
  FROM broad b WHERE b.scope = '' AND NOT b.is_system
  UNION ALL
  SELECT 'medium', 'authorization', 'role_allows_many', b.object,
         format('It allows %s, and more than three members of %s have it.', b.permission, h.example),
         format('DELETE FROM tenancy.role_permissions WHERE scope = %L AND role = %L AND permission::text = %L AND effect = ''allow''; -- and grant what they need',
                b.scope, b.role, b.permission)
  FROM broad b
  CROSS JOIN LATERAL (
    SELECT min(t.tenant_id::text) AS example
    FROM (SELECT m.tenant_id FROM tenancy.members m
          WHERE m.status = 'active'
            AND EXISTS (SELECT FROM reached v WHERE v.scope = b.scope AND v.role = b.role
                          AND v.from_role = ANY (m.roles) AND v.from_scope IN ('', m.tenant_id::text))
          GROUP BY m.tenant_id HAVING count(*) > 3) t) h
  WHERE h.example IS NOT NULL
  UNION ALL
  SELECT 'medium', 'authorization', 'user_allows_all', format('user %s of %s', u.user_id, u.tenant_id),
         format('Allowed %s for good, beside all roles.', u.permission),
         format('UPDATE tenancy.user_permissions SET expires_at = now() + interval ''1 day'' WHERE tenant_id = %L AND user_id = %L AND permission::text = %L AND effect = ''allow'';',
                u.tenant_id, u.user_id, u.permission)
  FROM tenancy.user_permissions u
  WHERE u.effect = 'allow' AND u.expires_at IS NULL AND u.permission @> 'tenancy:*'::tenancy.permission
  UNION ALL
  SELECT 'high', 'authorization', 'tool_admin_in_default_tier', 'tool ' || quote_ident(l.name),
         format('A tool for administrators, within tier %s, which tenants without one have.', t.tier),
         string_agg(format('DELETE FROM tenancy.tier_permissions WHERE tier = %L AND permission::text = %L; -- and add what the tier should have',
                           t.tier, p.permission), E'\n' ORDER BY p.permission::text)
  FROM tenancy.tools l
  JOIN tenancy.tiers t ON t.is_default
  JOIN tenancy.tier_permissions p ON p.tier = t.tier AND p.permission @> l.required_permission
  WHERE l.required_permission <@ 'tenancy:*'::tenancy.permission
     OR l.required_permission::text ~* '(^|[:_.-])admin(istrat(e|ion|or))?([:_.-]|$)'
     OR l.name ~* '(^|[:_.-])admin(istrat(e|ion|or))?([:_.-]|$)'
  GROUP BY l.name, t.tier
  UNION ALL
  SELECT 'medium', 'authorization', 'tenant_without_tier', 'tenants',
         format('%s tenants have no tier, %s among them, and no tier is the default: what no credential names a tier for may do nothing.',
                count(*), min(n.tenant_id::text)),
         'UPDATE tenancy.tiers SET is_default = true WHERE tier = <tier>;'
  FROM tenancy.tenants n
  WHERE n.tier IS NULL AND EXISTS (SELECT FROM tenancy.tiers)
    AND NOT EXISTS (SELECT FROM tenancy.tiers t WHERE t.is_default)
  HAVING count(*) > 0
  UNION ALL
  SELECT 'low', 'authorization', 'role_unknown',
         format('role %I%s in %s', k.name, ' of ' || nullif(k.scope, ''), k.place),
         'No role has this name. It grants nothing until somebody makes one.',
         format('UPDATE tenancy.%s SET %I = array_remove(%2$I, %L) WHERE %s AND %3$L = ANY (%2$I);',
                k.place, k.col, k.name, format(k.place_is, k.scope))
  FROM unknown k
  UNION ALL
  SELECT 'low', 'authorization', 'user_permission_expired', 'user permissions',
         format('%s have expired.', count(*)), 'DELETE FROM tenancy.user_permissions WHERE expires_at <= now();'
  FROM tenancy.user_permissions u WHERE u.expires_at <= now()
  HAVING count(*) > 0
  UNION ALL
  SELECT 'low', 'authorization', 'membership_not_required', 'issuer ' || i.issuer,
         'There are members, and who is none of them enters with its tokens all the same.',
         format('SELECT tenancy.alter_issuer(%L, ''{"membership": "required"}'');', i.issuer)
  FROM tenancy.issuers i
  WHERE i.membership = 'claims' AND EXISTS (SELECT FROM tenancy.members)
  UNION ALL
  SELECT CASE WHEN o.tenant_ids IS NULL THEN 'critical' ELSE 'high' END, 'isolation', 'operator_audited',
         m.role::regrole::text,
         format('It has the privileges of %s, an entry of tenancy.operators: it enters as %s.', o.role,
                CASE WHEN o.tenant_ids IS NULL THEN 'anybody of every tenant'
                     ELSE 'anybody of ' || cardinality(o.tenant_ids) || ' tenants' END),
         CASE WHEN m.role = o.role THEN format('DELETE FROM tenancy.operators WHERE role = %s;', o.role::oid)
              ELSE format('REVOKE %s FROM %s;', o.role, m.role::regrole) END
  FROM tenancy.operators o JOIN member m ON m.member_of = o.role
  UNION ALL
  SELECT 'medium', 'authorization', 'operator_unbounded', o.role::text,
         'It enters every tenant, and may do everything there.',
         format('UPDATE tenancy.operators SET permissions = ''{<permission>}'' WHERE role = %s; -- or: INSERT INTO tenancy.audit_waivers VALUES (''operator_unbounded'', %L, <reason>, <day>);',
                o.role::oid, o.role)
  FROM tenancy.operators o
  WHERE o.tenant_ids IS NULL AND coalesce('*'::tenancy.permission = ANY (o.permissions), true)
    AND EXISTS (SELECT FROM pg_roles r WHERE r.oid = o.role)
  UNION ALL
  SELECT 'low', 'authorization', 'operator_dropped', o.role::text,
         'An entry of a role that was dropped.', format('DELETE FROM tenancy.operators WHERE role = %s;', o.role::oid)
  FROM tenancy.operators o WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = o.role)
$$;
COMMENT ON FUNCTION tenancy.audit_authorization(oid[]) IS
'The part of tenancy.audit() that looks at roles, tiers, tools, members and operators. Argument: the audited roles.';
REVOKE ALL ON FUNCTION tenancy.audit_authorization(oid[]) FROM PUBLIC;
