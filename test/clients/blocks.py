"""The blocks of a Markdown page that name their file, written as files.

    blocks.py PAGE DIR
"""

import re
import sys
from pathlib import Path

page, directory = map(Path, sys.argv[1:])
for name, body in re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)^```$", page.read_text(), re.M | re.S):
    file = directory / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(body)
