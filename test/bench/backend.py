"""Instructions of a single-user backend, counted by cachegrind."""
import re
import subprocess
import sys


def run(lines, data, postgres, as_user):
    """Instructions of a single-user backend that executes the lines."""
    done = subprocess.run(
        as_user + ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null",
                   postgres, "--single", "-D", data, "bench"],
        input="\n".join(lines) + "\n", capture_output=True, text=True)
    found = re.search(r"I\s+refs:\s+([\d,]+)", done.stderr)
    failed = re.search(r"(ERROR|FATAL|PANIC):.*", done.stderr)
    if not found or failed:
        sys.exit(failed[0] if failed else done.stderr[-2000:])
    return int(found[1].replace(",", ""))
