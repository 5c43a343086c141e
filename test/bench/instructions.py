"""Instructions per statement of an isolated table against the WHERE clause written by hand.

Prints table rows for run.sh: what, ours, peer, ratio, budget, passed.
A single-user backend runs under cachegrind with N and with more statements; the difference of the
two counts, divided by the difference of the lengths, is free of start-up and repeats to 0.01 %.

A call of can() is counted against one of pg_backend_pid(), which does nothing.

Peers of statements: the same table and column type, WHERE tenant_id = $1 by a role that bypasses row security;
and a table of its own with a text column, for information.
"""
import sys

from backend import run

token, data, postgres = sys.argv[1:4]
as_user = sys.argv[4:]
TENANT = "tenant-10"
LENGTHS = {"point": (60, 180), "history": (30, 90), "upsert": (60, 180), "scan": (1, 3)}
ROWS = 20000


def statement(workload, by_hand, table):
    tenant = "tenant_id = $1" if by_hand else ""
    also = f"{tenant} AND " if by_hand else ""
    if workload == "point":
        return (f"SELECT checkpoint_id, parent_checkpoint_id, checkpoint, metadata FROM {table} "
                f"WHERE {also}thread_id = $2 AND checkpoint_ns = '' ORDER BY checkpoint_id DESC LIMIT 1")
    if workload == "history":
        return (f"SELECT checkpoint_id, metadata FROM {table} WHERE {also}thread_id = $2 "
                "ORDER BY checkpoint_id DESC LIMIT 20")
    if workload == "scan":
        return f"SELECT count(*) FROM {table}" + (f" WHERE {tenant}" if by_hand else "")
    column, value = ("tenant_id, ", "$1, ") if by_hand else ("", "")
    return (f"INSERT INTO {table} ({column}thread_id, checkpoint_ns, checkpoint_id, type, checkpoint, metadata) "
            f"VALUES ({value}$2, 'bench', $3, 'json', '{{\"v\": 4}}', '{{\"step\": 1}}') "
            f"ON CONFLICT ({column}thread_id, checkpoint_ns, checkpoint_id) DO UPDATE "
            "SET checkpoint = excluded.checkpoint, metadata = excluded.metadata")


def count(workload, by_hand, table="checkpoints", type_="tenancy.tenant_id"):
    """Instructions of one statement."""
    totals = []
    for length in LENGTHS[workload]:
        # The guard refuses PREPARE to the role, which speaks SQL alone here.
        lines = ["SET max_parallel_workers_per_gather = 0", "SET plan_cache_mode = force_generic_plan",
                 "SET tenancy.guard = off"]
        if workload == "scan":
            lines += [f"SET enable_{kind} = off" for kind in ("indexscan", "bitmapscan", "indexonlyscan")]
        lines += [f"SET SESSION AUTHORIZATION {'by_hand' if by_hand else 'app'}", "BEGIN"]
        if not by_hand:
            lines.append(f"SELECT 1 FROM tenancy.login('{token}')")
        lines.append(f"PREPARE s({type_}, text, text) AS {statement(workload, by_hand, table)}")
        lines += [f"EXECUTE s('{TENANT}', 'thread-{i % 50 + 1}', 'r{i}')" for i in range(length)]
        lines.append("ROLLBACK")
        totals.append(run(lines, data, postgres, as_user))
    short, long = LENGTHS[workload]
    return (totals[1] - totals[0]) / (long - short)


def call(expression):
    """Instructions of one call in a target list, where each row makes it anew."""
    rows = 10000
    statement = f"SELECT count({expression}) FROM generate_series(1, {rows})"
    totals = [run(["SET SESSION AUTHORIZATION app", "BEGIN", f"SELECT 1 FROM tenancy.login('{token}')",
                   *[statement] * length, "ROLLBACK"], data, postgres, as_user) for length in (1, 3)]
    return (totals[1] - totals[0]) / 2 / rows


def report_call(what, expression, budget):
    ours, peer = call(expression), call("pg_backend_pid()")
    print("\t".join([what, f"{ours:,.0f} instr", f"{peer:,.0f} instr", f"{ours / peer:.3f}", f"<= {budget:,} more",
                     "pass" if ours - peer <= budget else "FAIL"]), flush=True)


def report(workload, what, budget, rows=1):
    ours = count(workload, by_hand=False)
    peer = count(workload, by_hand=True)
    text = count(workload, by_hand=True, table="checkpoints_text", type_="text")
    ratio = ours / peer
    print("\t".join([what, f"{ours / rows:,.0f} instr", f"{peer / rows:,.0f} instr", f"{ratio:.3f}",
                     f"<= {budget}", "pass" if ratio <= budget else "FAIL"]), flush=True)
    print("\t".join([f"  against a text column", "", f"{text / rows:,.0f} instr", f"{ours / text:.3f}", "", ""]),
          flush=True)


report("point", "point read, prepared", 1.02)
report("history", "history page, prepared", 1.02)
report("upsert", "upsert, ON CONFLICT, prepared", 1.13)
report("scan", "sequential scan, per row", 1.03, ROWS)
report_call("can(), nothing changed", "tenancy.can('docs:doc:read')", 3000)
report_call("can(), denied", "tenancy.can('docs:secret:read')", 3000)
