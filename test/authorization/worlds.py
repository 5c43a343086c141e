"""The tables' rows and the callers, by group: what is asked of whom."""
import random
from itertools import product

from model import Caller, Role, World

PATTERNS = ("docs:doc:read", "docs:*", "*")
ASKED = PATTERNS + ("docs:doc:write", "mail:box:read", "docs:*:read", "*:doc:read")
EXPIRIES = (None, "future", "past")
BOUNDS = (None, ()) + tuple((p,) for p in PATTERNS)

world = World(
    tiers={"nothing": (), "some": (PATTERNS[0],), "more": (PATTERNS[1],), "all": (PATTERNS[2],)},
    default_tier="more")
groups = {}


def ask(group, caller, asked=ASKED):
    groups.setdefault(group, []).append((caller, tuple(asked)))


for n, p in enumerate(PATTERNS):
    world.roles["", f"allow{n}"] = Role(allow=(p,))
    world.roles["", f"deny{n}"] = Role(deny=(p,))


def grid():
    """Every combination, each user's roles from the token, the table, or in parts from both."""
    role_grants = [()] + [(f"allow{n}",) for n in range(3)]
    user_grants = [()] + [((p, "allow", e),) for p, e in product(PATTERNS, EXPIRIES)]
    denials = ([((), ())] + [((f"deny{n}",), ()) for n in range(3)]
               + [((), ((p, "deny", e),)) for p, e in product(PATTERNS, ("future", "past"))])
    for tier in [None, *world.tiers]:
        tenant, group = f"grid-{tier or 'untiered'}", "every combination" if tier else "no tiers"
        world.tenants[tenant] = tier
        for (r, role), (g, grant), (d, (deny_role, deny)) in product(
                enumerate(role_grants), enumerate(user_grants), enumerate(denials)):
            user = f"u{r}-{g}-{d}"
            in_token, in_table = [(role + deny_role, ()), ((), role + deny_role), (role, deny_role)][(r + g + d) % 3]
            if in_table:
                world.members[tenant, user] = in_table
            if grant + deny:
                world.user_permissions[tenant, user] = grant + deny
            for bound in BOUNDS:
                ask(group, Caller(tenant, user, in_token, bound))


def inheritance():
    """A long chain, with a denial at its end too; cycles; and names without a role."""
    world.tenants["heir"] = "all"
    for n in range(200):
        world.roles["", f"chain{n}"] = Role(inherits=(f"chain{n + 1}",))
    world.roles["", "chain200"] = Role(allow=("*",), deny=("docs:doc:write",))
    for n, (allow, deny) in enumerate([("docs:doc:read", ()), ("docs:*", ()), ("mail:*", ("docs:doc:write",))]):
        world.roles["", f"cycle{n}"] = Role((allow,), deny, (f"cycle{(n + 1) % 3}", f"cycle{n}", "unknown"))
    world.roles["heir", "own"] = Role(inherits=("chain150", "unknown"))
    world.roles["heir", "mine"] = Role(allow=("docs:*",))
    world.roles["", "reaching"] = Role(allow=("mail:*",), inherits=("mine",))
    world.members["heir", "member"] = ("own", "unknown")
    ask("inheritance", Caller("heir", "member"))
    for names in (("chain0",), ("chain199",), ("cycle0",), ("cycle1",), ("cycle2",), ("own",), ("mine",), ("reaching",),
                  ("reaching", "mine"), ("unknown",), ("",), ("Own",), ("cycle0", "reaching")):
        ask("inheritance", Caller("heir", "user", names))
        ask("inheritance", Caller("heir", None, names))


def tenants_roles():
    """The same names mean each tenant's own roles, and nothing where there is none."""
    for n, p in enumerate(PATTERNS):
        tenant = f"owner{n}"
        world.tenants[tenant] = "all"
        world.roles[tenant, "clerk"] = Role(allow=(p,), inherits=("chief",) if n == 1 else ())
        world.roles[tenant, "brake"] = Role(deny=(p,))
    world.roles["owner1", "chief"] = Role(allow=("mail:*",), inherits=("allow0",))
    world.roles["owner2", "chief"] = Role(inherits=("clerk",))
    world.tenants["owner-of-none"] = "all"
    names = ("clerk", "brake", "chief", "allow1", "deny0")
    for tenant, mask in product(("owner0", "owner1", "owner2", "owner-of-none"), range(32)):
        roles = tuple(r for n, r in enumerate(names) if mask >> n & 1)
        world.members[tenant, f"u{mask}"] = roles
        ask("tenants' own roles", Caller(tenant, f"u{mask}"))
        ask("tenants' own roles", Caller(tenant, None, roles, ("docs:doc:*",)))
        # Roles of both places, half each.
        world.members[tenant, f"v{mask}"] = roles[::2]
        ask("roles of token and table", Caller(tenant, f"v{mask}", roles[1::2]))


def tiers():
    """The tenant's tier, the claim, the default: asked with a default, without one, without tiers."""
    world.tenants |= {"tiered": "some", "untiered": None}
    for tenant, claim, role, bound in product(("tiered", "untiered", "unregistered"),
                                              (None, "all", "more", "nothing", "unheard-of"),
                                              ("allow0", "allow1", "allow2"), (None, ("docs:doc:*",))):
        for group in ("tiers", "tiers without a default", "no tiers"):
            ask(group, Caller(tenant, "user", (role,), bound, claim))


def jobs():
    """No user: the roles' permissions and the credential's own, which bound as well."""
    carried = (None, (), *[(p,) for p in PATTERNS], ("mail:*", "docs:doc:read"))
    for tier, role, denial, bound in product(world.tiers, (None, 0, 1, 2), (None, 0, 1, 2), carried):
        names = (() if role is None else (f"allow{role}",)) + (() if denial is None else (f"deny{denial}",))
        ask("jobs", Caller(f"grid-{tier}", None, names, bound))


def at_random(seed=1, count=500):
    """Roles that inherit at random, many grants and denials at once, patterns of all forms."""
    dice = random.Random(seed)

    def pattern():
        return ":".join(dice.choice(("docs", "doc", "read", "mail", "*", "*")) for _ in range(dice.randint(1, 4)))

    def some(choose, most, least=0):
        return tuple(dict.fromkeys(choose() for _ in range(dice.randint(least, most))))

    for n in range(count):
        tenant = f"random{n}"
        names = [f"{tenant}-{k}" for k in range(3)] + [f"own{k}" for k in range(3)]
        world.tenants[tenant] = dice.choice(("all", "all", "all", "more", None))
        for name in names:
            if dice.random() < 0.9:
                scope = tenant if name.startswith("own") else ""
                world.roles[scope, name] = Role(some(pattern, 3), some(pattern, 1) if dice.random() < 0.2 else (),
                                                some(lambda: dice.choice(names), 2))
        world.members[tenant, "user"] = some(lambda: dice.choice(names), 2)
        world.user_permissions[tenant, "user"] = tuple(
            (p, "deny" if dice.random() < 0.2 else "allow", dice.choice(EXPIRIES)) for p in some(pattern, 3))
        for user in ("user", "user", None):
            ask("at random", Caller(tenant, user, some(lambda: dice.choice(names), 2),
                                    dice.choice((None, None, some(pattern, 3))), dice.choice((None, "all", "some"))),
                some(pattern, 8, 8))


for part in (grid, inheritance, tenants_roles, tiers, jobs, at_random):
    part()
