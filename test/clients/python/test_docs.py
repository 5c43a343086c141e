"""doc/langgraph.md as it stands: the Python blocks that name their file, in both columns."""

from __future__ import annotations

import asyncio
import importlib
import os
import re
import sys
from pathlib import Path

import psycopg
import pytest
from conftest import BOUNCER, HOST, PORT

PAGE = Path(os.environ["TOP"], "doc", "langgraph.md").read_text()
BLOCKS = dict(re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", PAGE, re.DOTALL))
GRAPH = """
from operator import add
from typing import Annotated, TypedDict
from langchain_core.runnables import RunnableLambda
from langgraph.config import get_store
from langgraph.graph import END, START, StateGraph

class State(TypedDict):
    said: Annotated[list[str], add]

async def hear(state):
    store = get_store()
    await store.aput(("heard",), "last", {"text": state["said"][-1]})
    return {"said": ["heard " + (await store.aget(("heard",), "last")).value["text"]]}

def hear_sync(state):
    store = get_store()
    store.put(("heard",), "last", {"text": state["said"][-1]})
    return {"said": ["heard " + store.get(("heard",), "last").value["text"]]}

builder = StateGraph(State)
builder.add_node("hear", RunnableLambda(hear_sync, hear))
builder.add_edge(START, "hear")
builder.add_edge("hear", END)
"""


def where(user: str, port: str = PORT, database: str = "agents") -> str:
    return f"host={HOST} port={port} dbname={database} user={user}"


def run(user: str, *statements: str, database: str = "agents") -> None:
    with psycopg.connect(where(user, database=database), autocommit=True) as conn:
        for statement in statements:
            conn.execute(statement)


def token(tenant: str) -> str:
    with psycopg.connect(where("postgres"), autocommit=True) as conn:
        row = conn.execute(
            "SELECT tenancy.issue_token(%s::tenancy.tenant_id, 'ann')", [tenant]
        ).fetchone()
        assert row
        return f"Bearer {row[0]}"


@pytest.mark.parametrize("scope, port", [("session", PORT), ("transaction", BOUNCER)])
def test_page(scope: str, port: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(
        "postgres",
        "DROP DATABASE IF EXISTS agents WITH (FORCE)",
        "CREATE DATABASE agents OWNER agent_owner",
        database="postgres",
    )
    run("postgres", BLOCKS["1_trust.sql"])
    if scope == "session":
        run("postgres", BLOCKS["2_session_scope.sql"])
    for name, code in {**BLOCKS, "graph.py": GRAPH}.items():
        if name.endswith(".py"):
            (tmp_path / name).write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("tables", "graph", "agent", "async_agent"):
        sys.modules.pop(name, None)
    monkeypatch.setenv("OWNER_URL", where("agent_owner"))
    monkeypatch.setenv("DATABASE_URL", where("app", port))
    monkeypatch.setenv("TENANCY_SCOPE", scope)
    importlib.import_module("tables")
    run("agent_owner", BLOCKS["3_protect.sql"])

    agent = importlib.import_module("agent")
    with agent.pool:
        for turn in (1, 2):
            for tenant in ("acme", "globex"):
                end = agent.handle(token(tenant), "support-1", {"said": [f"{tenant} {turn}"]})
                assert len(end["said"]) == 2 * turn
                assert all(tenant in line for line in end["said"])

    async def converse() -> None:
        async_agent = importlib.import_module("async_agent")
        async with async_agent.pool:
            asked = [
                async_agent.handle(token(tenant), "support-2", {"said": [tenant]})
                for tenant in ("acme", "globex")
                for _ in range(5)
            ]
            for answer, tenant in zip(await asyncio.gather(*asked), ["acme"] * 5 + ["globex"] * 5):
                assert all(tenant in line for line in answer["said"])

    asyncio.run(converse())
