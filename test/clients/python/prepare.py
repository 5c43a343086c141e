"""Creates the clients' tables with their own setup(), as the owner: prepare.py DATABASE..."""

import os
import sys

from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.store.postgres import PostgresStore

for database in sys.argv[1:]:
    server = f"host={os.environ['PGHOST']} port={os.environ['PGPORT']}"
    where = f"{server} dbname={database} user=agent_owner"
    with PostgresSaver.from_conn_string(where) as saver:
        saver.setup()
    with PostgresStore.from_conn_string(where) as store:
        store.setup()
