"""Compares the server's decisions with the model's. Prints TAP.

usage: run.py PSQL...    a command that runs psql as the superuser; setup.sql has been run
"""
import sys
from dataclasses import replace

import inverted
import play
from model import Caller, Rules
from worlds import ASKED, groups, world

command = sys.argv[1:]
LETTERS = ("can", "require", "explain_permission", "allowed_tools", "can_all")
without_default = replace(world, default_tier=None)
without_tiers = replace(world, tiers={}, default_tier=None, tenants=dict.fromkeys(world.tenants))
LATER = {
    "tiers without a default": (without_default, "UPDATE tenancy.tiers SET is_default = false;\n"),
    "no tiers": (without_tiers, "UPDATE tenancy.tenants SET tier = NULL; DELETE FROM tenancy.tiers;\n"),
}
callers = [pair for group in groups.values() for pair in group]
numbers = iter(range(len(callers)))
parts = {name: [(next(numbers), pair) for pair in group] for name, group in groups.items()}
count, failed, compared = 0, 0, 0


def report(name, passed, lines=()):
    global count, failed
    count += 1
    failed += not passed
    print(f"{'ok' if passed else 'not ok'} {count} - {name}", *(f"#   {line}" for line in lines), sep="\n", flush=True)


def expected(rules, caller, asked):
    """The letters of answers(), without those that the world does not decide."""
    can = [rules.can(caller, p) for p in asked]
    for n, p in enumerate(asked):
        yield from (can[n], can[n], can[n], can[n] if p in ASKED else None, all(can[n:n + 2]))


def compare(rules, part, answers):
    """For each answer what is wrong with it, or None."""
    for n, (caller, asked) in part:
        letters = answers.get(n, "")
        for k, want in enumerate(expected(rules, caller, asked)):
            if want is not None:
                got = letters[k:k + 1] or "nothing"
                yield None if got == "ft"[want] else f"{LETTERS[k % 5]}({asked[k // 5]}) is {got}, not {want}: {caller}"


play.fill(command, world, callers, ASKED)
played = [(name, world, part, play.ask(command, part)) for name, part in parts.items() if name not in LATER]
users = sorted({*world.members, *world.user_permissions})
by_tables = play.ask_by_tables(command, users, ASKED)
for name, (its_world, change) in LATER.items():
    play.psql(command, change)
    played.append((name, its_world, parts[name], play.ask(command, parts[name])))

for name, its_world, part, answers in played:
    found = list(compare(Rules(its_world), part, answers))
    wrong = [line for line in found if line]
    compared += len(found)
    report(f"{name}: {len(part)} callers, {len(found)} answers", found and not wrong, wrong[:5])

rules = Rules(world)
wrong = [f"{who}: {by_tables.get(who)}, not {want}" for who in users
         if by_tables.get(who) != (want := "".join("ft"[rules.can(Caller(*who), p)] for p in ASKED))]
compared += len(users) * len(ASKED)
report(f"can_as(): {len(users)} users, {len(users) * len(ASKED)} answers", users and not wrong, wrong[:5])

played.sort(key=lambda one: len(one[2]))
for rule in inverted.ALL:
    report(f"control: a model in which {rule.__doc__} disagrees",
           any(any(compare(rule(its_world), part, answers)) for _, its_world, part, answers in played))
print(f"# {len(callers)} callers, {sum(len(asked) for _, asked in callers)} rows, {compared} compared answers")
print(f"1..{count}")
sys.exit(failed > 0)
