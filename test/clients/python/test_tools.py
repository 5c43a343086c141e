"""doc/tools.md as it stands, in Python: the model calls what it likes, the database decides."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from conftest import BOUNCER, HOST, PORT
from langchain_core.messages import AIMessage, ToolMessage

PAGE = Path(os.environ["TOP"], "doc", "tools.md").read_text()
BLOCKS = dict(re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", PAGE, re.DOTALL))
Calls = list[tuple[str, dict[str, Any]]]
Converse = Callable[..., tuple[list[str], list[list[str]]]]


def where(user: str, port: str = PORT, database: str = "tools") -> str:
    return f"host={HOST} port={port} dbname={database} user={user}"


def run(user: str, *statements: str, database: str = "tools") -> Any:
    with psycopg.connect(where(user, database=database), autocommit=True) as conn:
        for statement in statements:
            cursor = conn.execute(statement)
        return cursor.fetchall() if cursor.description else None


class Scripted:
    """A model that says what it was told to say, step by step; and what it was offered."""

    def __init__(self, steps: tuple[Callable[[], Calls], ...]) -> None:
        self.steps = iter(steps)
        self.offered: list[list[str]] = []

    def bind_tools(self, tools: list[Any]) -> Scripted:
        self.offered.append([tool.name for tool in tools])
        return self

    def invoke(self, messages: list[Any]) -> AIMessage:
        calls = next(self.steps, list)()
        return AIMessage(
            "done",
            tool_calls=[
                {"name": name, "args": args, "id": f"{len(messages)}.{n}"}
                for n, (name, args) in enumerate(calls)
            ],
        )


@pytest.fixture(params=[("session", PORT), ("transaction", BOUNCER)], ids=lambda p: p[0])
def converse(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Converse]:
    scope, port = request.param
    run(
        "postgres",
        "DROP DATABASE IF EXISTS tools WITH (FORCE)",
        "CREATE DATABASE tools",
        f"ALTER DATABASE tools SET tenancy.scope = '{scope}'",
        database="postgres",
    )
    run("postgres", "CREATE EXTENSION pg_tenancy", "GRANT CREATE ON SCHEMA public TO agent_owner")
    run("postgres", BLOCKS["permissions.sql"])
    run("agent_owner", BLOCKS["tickets.sql"])
    run(
        "postgres",
        "INSERT INTO ticket (tenant_id, subject, closed)"
        " VALUES ('acme', 'old', true), ('acme', 'new', false), ('globex', 'other', true)",
    )
    for name in ("tools.py", "agent.py"):
        (tmp_path / name).write_text(BLOCKS[name])
        sys.modules.pop(name.removesuffix(".py"), None)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", where("app", port))
    monkeypatch.setenv("TENANCY_SCOPE", scope)
    agent_with = importlib.import_module("agent").agent_with

    def talk(
        tenant: str, user: str, *steps: Callable[[], Calls]
    ) -> tuple[list[str], list[list[str]]]:
        model = Scripted(steps)
        issue = f"SELECT tenancy.issue_token('{tenant}', '{user}')"
        end = agent_with(model)(f"Bearer {run('postgres', issue)[0][0]}", [("user", "tidy up")])
        answers = [m.content for m in end["messages"] if isinstance(m, ToolMessage)]
        return answers, model.offered

    with importlib.import_module("tools").pool:
        yield talk


def tickets() -> Any:
    return run("postgres", "SELECT id, closed FROM ticket ORDER BY id")


def test_tools(converse: Converse) -> None:
    every = ["find_tickets", "close_ticket", "purge_tickets"]
    assert converse("acme", "ann")[1] == [every]
    assert converse("acme", "bob")[1] == [every[:2]]
    assert converse("globex", "ann")[1] == [every[:1]]

    before = tickets()
    purge: Calls = [("purge_tickets", {})]
    refused = "purge_tickets: permission denied"
    found = converse("acme", "bob", lambda: [("find_tickets", {"word": "old"}), *purge])[0]
    assert found == ['[{"id": 1, "subject": "old"}]', refused]
    assert converse("globex", "ann", lambda: purge)[0] == [refused]
    assert tickets() == before

    close: Calls = [("close_ticket", {"id": 2})]

    def demoted() -> Calls:
        run("postgres", "UPDATE tenancy.members SET roles = '{}' WHERE user_id = 'bob'")
        return close

    said, offered = converse("acme", "bob", lambda: close, demoted)
    assert said == ["1 closed", "close_ticket: permission denied"]
    assert offered == [every[:2], every[:2], []]

    assert converse("acme", "ann", lambda: purge)[0] == ["2 deleted"]
    assert tickets() == [(3, True)]


def test_a_suspended_tenant_ends_the_run(converse: Converse) -> None:
    find: Calls = [("find_tickets", {"word": ""})]

    def suspended() -> Calls:
        run("postgres", "UPDATE tenancy.tenants SET status = 'suspended' WHERE tenant_id = 'acme'")
        return find

    assert len(converse("acme", "ann", lambda: find, lambda: find)[0]) == 2
    with pytest.raises(psycopg.Error) as refusal:
        converse("acme", "ann", lambda: find, suspended)
    assert refusal.value.sqlstate == "TN005"
