"""What a caller may do, from the written rules alone: the reference that the suite compares with.

Nothing here knows how the extension decides. A pattern is the set of permissions that it stands
for, in a universe that is small and has names that no pattern mentions; covering is inclusion and
overlapping is intersection. Each rule is a method, so that the controls can invert one alone.
"""
from dataclasses import dataclass, field
from functools import cache
from itertools import product

NAMES = ("docs", "doc", "read", "write", "mail", "box", "elsewhere")
UNIVERSE = [p for length in range(1, 5) for p in product(NAMES, repeat=length)]


def matches(segments, permission):
    """`*` is any one segment; at the end it is any one segment and whatever follows."""
    open_end = segments[-1] == "*"
    if len(permission) < len(segments) or (len(permission) > len(segments) and not open_end):
        return False
    return all(s in ("*", p) for s, p in zip(segments, permission))


@cache
def meaning(pattern):
    segments = pattern.split(":")
    found = frozenset(i for i, p in enumerate(UNIVERSE) if matches(segments, p))
    assert found, f"{pattern} has a name that the universe lacks"
    return found


@cache
def covers(broad, narrow):
    return meaning(narrow) <= meaning(broad)


@cache
def overlaps(a, b):
    return not meaning(a).isdisjoint(meaning(b))


@dataclass
class Role:
    allow: tuple = ()
    deny: tuple = ()
    inherits: tuple = ()


@dataclass
class World:
    """The tables. Roles by (tenant or '', name); user permissions are (pattern, effect, expiry)."""
    tiers: dict = field(default_factory=dict)
    default_tier: str = None
    tenants: dict = field(default_factory=dict)
    roles: dict = field(default_factory=dict)
    members: dict = field(default_factory=dict)
    user_permissions: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Caller:
    """What a token says. No user: a job. permissions None: not bounded."""
    tenant: str
    user: str = None
    roles: tuple = ()
    permissions: tuple = None
    tier: str = None


class Rules:
    def __init__(self, world):
        self.world = world

    def role_names(self, caller):
        return caller.roles + self.world.members.get((caller.tenant, caller.user), ())

    def inheritance_scopes(self, scope):
        """A global role inherits global ones, a tenant's own role its own and global ones."""
        return {"", scope}

    def roles(self, caller):
        """The roles of the caller with all that they inherit, each once."""
        found = {}
        wanted = [(scope, name) for name in self.role_names(caller) for scope in ("", caller.tenant)]
        while wanted:
            key = wanted.pop()
            if key in found or key not in self.world.roles:
                continue
            found[key] = self.world.roles[key]
            wanted += [(scope, name) for name in found[key].inherits
                       for scope in self.inheritance_scopes(key[0])]
        return found.values()

    def counts(self, expiry):
        return expiry != "past"

    def own(self, caller, effect):
        if caller.user is None:
            return []
        rows = self.world.user_permissions.get((caller.tenant, caller.user), ())
        return [pattern for pattern, e, expiry in rows if e == effect and self.counts(expiry)]

    def carried(self, caller):
        """A job has what its credential carries; for a user that only bounds."""
        return list(caller.permissions or ()) if caller.user is None else []

    def grants(self, caller):
        return [p for r in self.roles(caller) for p in r.allow] + self.own(caller, "allow") + self.carried(caller)

    def denials(self, caller):
        return [p for r in self.roles(caller) for p in r.deny] + self.own(caller, "deny")

    def tier_name(self, caller):
        return self.world.tenants.get(caller.tenant) or caller.tier or self.world.default_tier

    def within_tier(self, caller, asked):
        if not self.world.tiers:
            return True
        return any(covers(p, asked) for p in self.world.tiers.get(self.tier_name(caller), ()))

    def within_bound(self, caller, asked):
        return caller.permissions is None or any(covers(p, asked) for p in caller.permissions)

    def denied(self, caller, asked):
        return any(overlaps(p, asked) for p in self.denials(caller))

    def granted(self, caller, asked):
        return any(covers(p, asked) for p in self.grants(caller))

    def can(self, caller, asked):
        return (self.granted(caller, asked) and self.within_tier(caller, asked)
                and self.within_bound(caller, asked) and not self.denied(caller, asked))
