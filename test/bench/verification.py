"""Fresh verification in SQL against OpenSSL alone, and tokens seen before against a plain setting.

Prints table rows for run.sh: what, ours, peer, ratio, budget, passed.
Both sides run in turns and count their processor time, as the machine may be busy with other things;
the ratio is the median of the turns'.
"""
import os
import re
import statistics
import subprocess
import sys

work, raw_verify = sys.argv[1], sys.argv[2]
psql_command = sys.argv[3:]
TOKENS, TURNS = 10000, 5
BUDGETS = {"RS256": 1.15, "ES256": 1.15, "EdDSA": 1.15}
HS256_BUDGET_US = 5.0


def psql(script):
    done = subprocess.run(psql_command + ["-f", "-"], input=script, capture_output=True, text=True)
    if done.returncode != 0 or "ERROR" in done.stderr:
        sys.exit(done.stderr)
    return done.stdout


# Nanoseconds on a processor so far, of the backend that asks; differences lie between marks.
MARK = "SELECT 'mark ' || split_part(pg_read_file('/proc/self/schedstat'), ' ', 1);\n"


def spent(output):
    """Microseconds of processor time between one mark and the next."""
    marks = [int(ns) for ns in re.findall(r"^mark (\d+)", output, re.M)]
    return [(b - a) / 1000 for a, b in zip(marks, marks[1:])]


def row(what, ours, peer, ratio, budget, passed):
    print("\t".join([what, ours, peer, ratio, budget, "pass" if passed else "FAIL"]), flush=True)


def load(alg):
    folder = f"{work}/{alg}"
    os.makedirs(folder, exist_ok=True)
    subprocess.run([raw_verify, "make", alg, str(TOKENS), folder], check=True)
    jwks = open(f"{folder}/jwks.json").read()
    tokens = open(f"{folder}/tokens").read()
    psql(f"CREATE TABLE {alg} (t text);\nCOPY {alg} FROM STDIN;\n{tokens}\\.\nVACUUM ANALYZE {alg};\n")
    return jwks


def fresh(alg):
    jwks = load(alg)
    ours, peers = [], []
    for _ in range(TURNS):
        peers.append(float(subprocess.run([raw_verify, "time", alg, f"{work}/{alg}"],
                                          check=True, capture_output=True, text=True).stdout))
        output = psql(
            "SET max_parallel_workers_per_gather = 0;\n"
            f"SELECT count(tenancy.verify_jws(t, '{jwks}')) FROM (SELECT t FROM {alg} LIMIT 1) one;\n"
            f"SELECT count(length(t)) FROM {alg};\n"
            + MARK + f"SELECT count(length(t)) FROM {alg};\n"
            + MARK + f"SELECT 'verified ' || count(tenancy.verify_jws(t, '{jwks}')) FROM {alg};\n" + MARK)
        if f"verified {TOKENS}\n" not in output:
            sys.exit(f"{alg}: not every token was verified")
        scan, verify = spent(output)
        ours.append((verify - scan) / TOKENS)
    ratio = statistics.median(o / p for o, p in zip(ours, peers))
    our, peer = statistics.median(ours), statistics.median(peers)
    if alg == "HS256":
        row(f"verify {alg}, fresh", f"{our:.2f} us", f"{peer:.2f} us", f"{ratio:.2f}",
            f"<= {HS256_BUDGET_US:.0f} us", our <= HS256_BUDGET_US)
    else:
        row(f"verify {alg}, fresh", f"{our:.1f} us", f"{peer:.1f} us", f"{ratio:.3f}",
            f"<= {BUDGETS[alg]}", ratio <= BUDGETS[alg])


def seen_before():
    calls = 50000
    loop = ("DO $$ BEGIN FOR i IN 1..{calls} LOOP PERFORM set_config('{name}', "
            "current_setting('bench.token'), true); END LOOP; END $$;\n")
    ratios, ours, peers = [], [], []
    for _ in range(TURNS):
        output = psql(
            "SELECT set_config('bench.token', tenancy.issue_token('acme', 'alice'), false) \\g /dev/null\n"
            "BEGIN; SELECT set_config('tenancy.token', current_setting('bench.token'), true) \\g /dev/null\n"
            "SELECT 'inside ' || tenancy.current_tenant_text();\n"
            + MARK + loop.format(calls=calls, name="bench.plain")
            + MARK + loop.format(calls=calls, name="tenancy.token") + MARK + "COMMIT;\n")
        if "inside acme" not in output:
            sys.exit("the token did not enter")
        plain, token = spent(output)
        peers.append(plain / calls)
        ours.append(token / calls)
        ratios.append(token / plain)
    ratio = statistics.median(ratios)
    row("set_config, token seen before", f"{statistics.median(ours):.2f} us",
        f"{statistics.median(peers):.2f} us", f"{ratio:.2f}", "<= 1.5", ratio <= 1.5)


for algorithm in ("RS256", "ES256", "EdDSA", "HS256"):
    fresh(algorithm)
seen_before()
