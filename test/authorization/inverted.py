"""Rules with one rule the wrong way round: each has to disagree with the server, or the suite's
rows could not tell the difference."""
from model import Rules, covers, overlaps


class DenialsDoNotWin(Rules):
    """denials are ignored"""

    def denied(self, caller, asked):
        return False


class DenialsOfTheWholeOnly(Rules):
    """a denial must cover what is asked"""

    def denied(self, caller, asked):
        return any(covers(p, asked) for p in self.denials(caller))


class GrantsOfAPart(Rules):
    """a grant of a part is enough"""

    def granted(self, caller, asked):
        return any(overlaps(p, asked) for p in self.grants(caller))


class ExpiredCounts(Rules):
    """expired permissions count"""

    def counts(self, expiry):
        return True


class ExpiryAtOnce(Rules):
    """permissions that will expire do not count"""

    def counts(self, expiry):
        return expiry is None


class NoTier(Rules):
    """tiers are ignored"""

    def within_tier(self, caller, asked):
        return True


class UnknownTierIsUnbounded(Rules):
    """an unknown tier bounds nothing"""

    def within_tier(self, caller, asked):
        return self.tier_name(caller) not in self.world.tiers or super().within_tier(caller, asked)


class NoTiersIsNothing(Rules):
    """nothing is allowed where there are no tiers"""

    def within_tier(self, caller, asked):
        return bool(self.world.tiers) and super().within_tier(caller, asked)


class ClaimedTierFirst(Rules):
    """the claimed tier comes before the tenant's"""

    def tier_name(self, caller):
        return caller.tier or super().tier_name(caller)


class TierGrants(Rules):
    """a tier grants"""

    def granted(self, caller, asked):
        return super().granted(caller, asked) or bool(self.world.tiers) and self.within_tier(caller, asked)


class NoBound(Rules):
    """the credential bounds nothing"""

    def within_bound(self, caller, asked):
        return True


class EmptyBoundIsNone(Rules):
    """an empty bound is none"""

    def within_bound(self, caller, asked):
        return not caller.permissions or super().within_bound(caller, asked)


class NoBoundIsNothing(Rules):
    """a credential without permissions allows nothing"""

    def within_bound(self, caller, asked):
        return caller.permissions is not None and super().within_bound(caller, asked)


class TokensRolesOnly(Rules):
    """the members' roles are ignored"""

    def role_names(self, caller):
        return caller.roles


class MembersRolesFirst(Rules):
    """a member's roles replace the token's"""

    def role_names(self, caller):
        return self.world.members.get((caller.tenant, caller.user)) or caller.roles


class NoInheritance(Rules):
    """roles inherit nothing"""

    def inheritance_scopes(self, scope):
        return set()


class NoGlobalInheritance(Rules):
    """roles inherit within their scope only"""

    def inheritance_scopes(self, scope):
        return {scope}


class InheritanceGrantsOnly(Rules):
    """denials are not inherited"""

    def denials(self, caller):
        named = {(s, n) for n in self.role_names(caller) for s in ("", caller.tenant)}
        return ([p for key in named if key in self.world.roles for p in self.world.roles[key].deny]
                + self.own(caller, "deny"))


class GlobalRolesInheritOwn(Rules):
    """global roles inherit tenants' own"""

    def inheritance_scopes(self, scope):
        return {""} | {s for s, _ in self.world.roles}


class JobsHaveRolesOnly(Rules):
    """a job has its roles alone"""

    def carried(self, caller):
        return []


class CredentialsGrant(Rules):
    """a user's credential grants"""

    def carried(self, caller):
        return list(caller.permissions or ())


ALL = [r for r in list(vars().values()) if isinstance(r, type) and issubclass(r, Rules) and r is not Rules]
