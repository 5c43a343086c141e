"""Tables that JavaScript's setup() made, protected, then migrated and used by Python's saver.

Run after the JavaScript tests, in their database.
"""

from __future__ import annotations

import psycopg
from conftest import HOST, PORT, Column
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.types import Command
from pg_tenancy_pool import run_as
from test_langgraph import THREAD, agent, check_poison, expected

JS = Column("direct", "session", "js_direct", PORT)
OWNER = f"host={HOST} port={PORT} dbname={JS.database} user=agent_owner"


def test_setup_migrates_protected_tables_of_javascript() -> None:
    [(before,)] = JS.as_admin("SELECT max(v) FROM checkpoint_migrations")
    with PostgresSaver.from_conn_string(OWNER) as saver:
        saver.setup()
    [(after,)] = JS.as_admin("SELECT max(v) FROM checkpoint_migrations")
    assert after > before


def test_protecting_again_changes_nothing() -> None:
    keys = "SELECT conrelid::regclass, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1, 2"
    before = JS.as_admin(keys)
    with psycopg.connect(OWNER, autocommit=True) as conn:
        told = [row[0] for row in conn.execute("SELECT * FROM tenancy.protect_langgraph()")]
    assert all(line.startswith("--") for line in told), told
    assert JS.as_admin(keys) == before


def test_pythons_saver_works_isolated_on_them() -> None:
    callers = ["python/ann", "python/bob", "snake/ann"]
    with JS.pool() as pool:
        graph = agent(PostgresSaver(pool))
        for caller in callers:
            with run_as(JS.token(caller)):
                graph.invoke({"said": [f"I am {caller}"]}, THREAD)
        for caller in callers:
            with run_as(JS.token(caller)):
                end = graph.invoke(Command(resume=caller), THREAD)
                assert end["said"] == expected(caller)
    with psycopg.connect(JS.conninfo, autocommit=True) as conn:
        token = JS.token("snake/ann")
        conn.execute("SELECT set_config('tenancy.token', %s, false)", [token])
        assert conn.execute("SELECT DISTINCT tenant_id::text FROM checkpoints").fetchall() == [
            ("snake",)
        ]
    check_poison(JS, {"checkpoint_blobs"})
