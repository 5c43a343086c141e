"""Instructions per statement of a table that asks for permissions against one that asks for none.

Prints table rows for run.sh, as instructions.py, without budgets. The caller holds the permission to
write, and not the one to read all.
"""
import sys

from backend import run

token, data, postgres = sys.argv[1:4]
as_user = sys.argv[4:]
LENGTHS = (30, 90)
MINE = "user_id = tenancy.current_user_id() AND "
POINT = "SELECT body FROM {table} WHERE {mine}thread_id = $1 AND step = 5"
PAGE = "SELECT body FROM {table} WHERE {mine}thread_id = $1 ORDER BY step DESC LIMIT 10"
UPDATE = "UPDATE {table} SET body = 'y' WHERE {mine}thread_id = $1 AND step = $2"
INSERT = "INSERT INTO {table} (thread_id, step, body) VALUES ($1, 100 + $2, 'z')"


def count(statement, table, mine=""):
    """Instructions of one statement."""
    totals = []
    for length in LENGTHS:
        # The guard refuses PREPARE to the role, which speaks SQL alone here.
        lines = ["SET plan_cache_mode = force_generic_plan", "SET tenancy.guard = off",
                 "SET SESSION AUTHORIZATION app", "BEGIN",
                 f"SELECT 1 FROM tenancy.login('{token}')",
                 f"PREPARE s(text, int) AS {statement.format(table=table, mine=mine)}"]
        lines += [f"EXECUTE s('thread-1-{i % 5 + 1}', {i})" for i in range(length)]
        totals.append(run(lines + ["ROLLBACK"], data, postgres, as_user))
    return (totals[1] - totals[0]) / (LENGTHS[1] - LENGTHS[0])


for what, statement, table, mine in (
        ("UPDATE by key", UPDATE, "asking", ""),
        ("INSERT of a row", INSERT, "asking", ""),
        ("point read that names the user", POINT, "asking", MINE),
        ("history page that names the user", PAGE, "asking", MINE),
        ("point read, key alone", POINT, "asking", ""),
        ("point read, with the index", POINT, "indexed", ""),
        ("history page, key alone", PAGE, "asking", ""),
        ("history page, with the index", PAGE, "indexed", "")):
    ours, peer = count(statement, table, mine), count(statement, "plain")
    print("\t".join([what, f"{ours:,.0f} instr", f"{peer:,.0f} instr", f"{ours / peer:.3f}", "", ""]), flush=True)
