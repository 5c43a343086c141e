"""Puts a world into the tables, enters as each caller, and brings what the server answered."""
import json
import subprocess

COLUMNS = {
    "tenancy.tiers": "tier, is_default",
    "tenancy.tier_permissions": "tier, permission",
    "tenancy.tenants": "tenant_id, tier",
    "tenancy.roles": "tenant_id, role, inherits",
    "tenancy.role_permissions": "tenant_id, role, permission, effect",
    "tenancy.members": "tenant_id, user_id, roles",
    "tenancy.user_permissions": "tenant_id, user_id, permission, effect, expires_at",
    "tenancy.tools": "name, required_permission",
    "callers": "id, tenant, usr, roles, permissions, claims",
}
EXPIRY = {None: None, "future": "2100-01-01", "past": "2000-01-01"}


def psql(command, script, *options):
    done = subprocess.run([*command, *options], input=script, capture_output=True, text=True)
    if done.returncode or done.stderr:
        raise SystemExit(done.stderr[-2000:])
    return done.stdout.splitlines()


def array(values):
    return None if values is None else "{" + ",".join(f'"{v}"' for v in values) + "}"


def rows(world, callers, tools):
    """The rows of each table."""
    roles = world.roles.items()
    return {
        "tenancy.tiers": [(t, t == world.default_tier) for t in world.tiers],
        "tenancy.tier_permissions": [(t, p) for t, ps in world.tiers.items() for p in ps],
        "tenancy.tenants": world.tenants.items(),
        "tenancy.roles": [(scope or None, name, array(r.inherits)) for (scope, name), r in roles],
        "tenancy.role_permissions": [(scope or None, name, p, effect) for (scope, name), r in roles
                                     for effect in ("allow", "deny") for p in getattr(r, effect)],
        "tenancy.members": [(*who, array(names)) for who, names in world.members.items()],
        "tenancy.user_permissions": [(*who, p, effect, EXPIRY[expiry])
                                     for who, granted in world.user_permissions.items() for p, effect, expiry in granted],
        "tenancy.tools": [(p, p) for p in tools],
        "callers": [(n, c.tenant, c.user, array(c.roles), array(c.permissions),
                     json.dumps({"tier": c.tier} if c.tier else {})) for n, (c, _) in enumerate(callers)],
    }


def fill(command, world, callers, tools):
    lines = []
    for table, values in rows(world, callers, tools).items():
        lines.append(f"COPY {table} ({COLUMNS[table]}) FROM STDIN;")
        lines += ["\t".join(r"\N" if v is None else str(v) for v in row).replace(r'\"', r'\\"') for row in values]
        lines.append(r"\.")
    lines.append("UPDATE callers SET token = tenancy.issue_token(tenant::tenancy.tenant_id, usr::tenancy.user_id, roles, permissions, '1 h', claims);")
    psql(command, "\n".join(lines) + "\n")


def ask(command, numbered):
    """The answers' letters by the caller's number; each caller enters in a transaction of its own."""
    script = "".join(
        f"SELECT FROM tenancy.login((SELECT token FROM callers WHERE id = {n})) \\;"
        f" SELECT answers({n}, '{array(asked)}');\n" for n, (_, asked) in numbered)
    found = {}
    for line in psql(command, script, "-U", "app"):
        if line:
            number, letters = line.split(" ")
            found[int(number)] = letters
    return found


def ask_by_tables(command, users, asked):
    """can_as() by an administrator without an identity: letters by user."""
    values = ", ".join(f"('{tenant}', '{user}')" for tenant, user in users)
    script = (f"SELECT t, u, string_agg(left(tenancy.can_as(t::tenancy.tenant_id, u::tenancy.user_id, p)::text, 1), '' ORDER BY n) FROM (VALUES {values}) w (t, u),"
              f" unnest('{array(asked)}'::tenancy.permission[]) WITH ORDINALITY a (p, n) GROUP BY t, u;\n")
    return {(t, u): letters for t, u, letters in (line.split("|") for line in psql(command, script))}
