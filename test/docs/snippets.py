"""Runs the SQL of a Markdown page as it stands, and prints TAP.

    snippets.py PSQL... -- PAGE...

The ```sql blocks of one ## section are one psql session in a fresh database; the extension is there
unless the section makes it. A block passes when it raises no error. What else a page can say:

    ```sql fails TN001     the block raises this SQLSTATE
    ```text                directly after a block: what psql prints for it
"""
import re
import subprocess
import sys

end = len(sys.argv) - 1 - sys.argv[::-1].index("--")  # runuser has one of its own
psql_command, pages = sys.argv[1:end], sys.argv[end + 1:]
count = failed = 0


def report(name, passed, text=""):
    global count, failed
    count += 1
    failed += not passed
    print(f"{'ok' if passed else 'not ok'} {count} - {name}")
    if not passed:
        print("\n".join("#   " + line for line in text.splitlines()))
    sys.stdout.flush()


def psql(script, database):
    return subprocess.run(psql_command + ["-d", database, "-f", "-"], input=script, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


def sections(text):
    """Each ## section with its blocks: (first line, expected SQLSTATE, SQL, expected output)."""
    fences = re.compile(r"^```(\S*)([^\n]*)\n(.*?)^```$", re.M | re.S)
    for part in re.split(r"^(?=## )", text, flags=re.M):
        title = part.split("\n", 1)[0].lstrip("# ")
        blocks = []
        for fence in fences.finditer(part):
            language, info, body = fence.groups()
            if language == "sql":
                state = re.search(r"fails (\w{5})", info)
                blocks.append([body.split("\n", 1)[0], state and state[1], body, None])
            elif language == "text" and blocks:
                blocks[-1][3] = body
        if blocks:
            yield title, blocks


def clean_up():
    psql("DROP DATABASE IF EXISTS snippets;\n"
         "SELECT format('DROP ROLE %I', rolname) FROM pg_roles WHERE oid >= 16384 \\gexec\n", "postgres")


def run(page, title, blocks):
    clean_up()
    psql("CREATE DATABASE snippets;\n", "postgres")
    script = "\\set VERBOSITY verbose\n"
    if not any("CREATE EXTENSION" in block[2] for block in blocks):
        script += "CREATE EXTENSION pg_tenancy;\n"
    for number, block in enumerate(blocks):
        script += f"\\echo [block {number}]\n{block[2]}"
    outputs = re.split(r"^\[block \d+\]\n", psql(script, "snippets"), flags=re.M)[1:]
    outputs += ["the session ended before"] * (len(blocks) - len(outputs))
    for (first, state, _, expected), output in zip(blocks, outputs):
        errors = re.findall(r"(?:ERROR|FATAL):  (\w{5}):", output)
        passed = errors == [state] if state else not errors and "psql:" not in output
        name = f"{page}, {title}: {first[:60]}"
        if passed and expected is not None:
            said = [line.rstrip() for line in output.splitlines()
                    if not re.match(r"psql:|NOTICE|WARNING|LOCATION|DETAIL|HINT", line)]
            passed = "\n".join(said).strip() == "\n".join(l.rstrip() for l in expected.splitlines()).strip()
        report(name, passed, output)
    return len(blocks)


for page in pages:
    ran = sum(run(page, title, blocks) for title, blocks in sections(open(page).read()))
    report(f"{page} has SQL to run", ran > 0)

# Controls: a block that fails, that fails in another way, that prints something else.
for what, text in (("an error", "```sql\nSELECT 1/0;\n```\n"),
                   ("another error", "```sql fails TN001\nSELECT 1/0;\n```\n"),
                   ("no error", "```sql fails 22012\nSELECT 1;\n```\n"),
                   ("other output", "```sql\nSELECT 1;\n```\n```text\n2\n```\n")):
    before = count, failed
    sys.stdout, real = open("/dev/null", "w"), sys.stdout
    try:
        for title, blocks in sections("## control\n" + text):
            run("control", title, blocks)
    finally:
        sys.stdout = real
    seen = failed > before[1]
    count, failed = before
    report(f"control: {what} is seen", seen)
clean_up()
print(f"1..{count}")
sys.exit(failed > 0)
