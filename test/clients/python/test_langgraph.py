"""Unmodified savers and stores, sync and async, whose callers share ids, with poisoned rows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from operator import add
from typing import Annotated, Any, TypedDict

import pytest
from conftest import Column
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import END, START, StateGraph
from langgraph.store.postgres import AsyncPostgresStore, PostgresStore
from langgraph.types import Command, interrupt
from pg_tenancy_pool import NoTokenError, run_as
from psycopg import IsolationLevel

CALLERS = ["acme/ann", "acme/bob", "globex/ann", "initech/ann", "umbrella/ann"]
THREAD: Any = {"configurable": {"thread_id": "support-1"}}


class State(TypedDict):
    said: Annotated[list[str], add]


def agent(saver: Any) -> Any:
    """Notes what it hears, then asks a human."""
    graph = StateGraph(State)
    graph.add_node("hear", lambda state: {"said": [f"heard {state['said'][-1]}"]})
    graph.add_node("ask", lambda state: {"said": [f"approved by {interrupt('may I?')}"]})
    graph.add_edge(START, "hear")
    graph.add_edge("hear", "ask")
    graph.add_edge("ask", END)
    return graph.compile(checkpointer=saver)


def expected(caller: str) -> list[str]:
    return [f"I am {caller}", f"heard I am {caller}", f"approved by {caller}"]


def check_poison(column: Column, tables: set[str]) -> None:
    verdict = column.as_admin("SELECT rel::text, expected, intact FROM poison.verdict")
    found = {rel: (there, intact) for rel, there, intact in verdict if rel in tables}
    assert set(found) == tables
    assert all(there == intact > 0 for there, intact in found.values()), found


def test_saver_interrupt_resume_and_delete(column: Column) -> None:
    tokens = {caller: column.token(caller) for caller in CALLERS}
    with column.pool() as pool:
        graph = agent(PostgresSaver(pool))

        def as_(caller: str, work: Callable[[], Any]) -> Any:
            with run_as(tokens[caller]):
                return work()

        for caller in CALLERS:
            paused = as_(caller, lambda: graph.invoke({"said": [f"I am {caller}"]}, THREAD))
            assert len(paused["__interrupt__"]) == 1
        for caller in reversed(CALLERS):
            end = as_(caller, lambda: graph.invoke(Command(resume=caller), THREAD))
            assert end["said"] == expected(caller)
        steps = as_("acme/ann", lambda: list(graph.get_state_history(THREAD)))
        assert len(steps) > 3
        as_("acme/ann", lambda: PostgresSaver(pool).delete_thread("support-1"))
        assert as_("acme/ann", lambda: graph.get_state(THREAD).values) == {}
        for caller in CALLERS[1:]:
            assert as_(caller, lambda: graph.get_state(THREAD).values["said"]) == expected(caller)
        with pytest.raises(NoTokenError):
            graph.invoke({"said": ["x"]}, THREAD)
    check_poison(column, {"checkpoints", "checkpoint_blobs", "checkpoint_writes"})


def test_async_saver_interrupt_resume_and_delete(column: Column) -> None:
    thread: Any = {"configurable": {"thread_id": "support-2"}}
    tokens = {caller: column.token(caller) for caller in CALLERS}

    async def main() -> None:
        async with column.async_pool() as pool:
            graph = agent(AsyncPostgresSaver(pool))

            async def converse(caller: str) -> list[str]:
                with run_as(tokens[caller]):
                    await graph.ainvoke({"said": [f"I am {caller}"]}, thread)
                    end = await graph.ainvoke(Command(resume=caller), thread)
                    return list(end["said"])

            answers = await asyncio.gather(*(converse(caller) for caller in CALLERS))
            assert answers == [expected(caller) for caller in CALLERS]
            with run_as(tokens["acme/ann"]):
                assert len([step async for step in graph.aget_state_history(thread)]) > 3
                await AsyncPostgresSaver(pool).adelete_thread("support-2")
                assert (await graph.aget_state(thread)).values == {}
            with run_as(tokens["globex/ann"]):
                assert (await graph.aget_state(thread)).values["said"] == expected("globex/ann")
            with pytest.raises(NoTokenError):
                await graph.ainvoke({"said": ["x"]}, thread)

    asyncio.run(main())
    check_poison(column, {"checkpoints", "checkpoint_blobs", "checkpoint_writes"})


def test_five_callers_on_three_connections(column: Column) -> None:
    tokens = {caller: column.token(caller) for caller in CALLERS}
    with column.pool() as pool:
        graph = agent(PostgresSaver(pool))
        store = PostgresStore(pool)

        def work(caller: str) -> list[str]:
            wrong = []
            with run_as(tokens[caller]):
                for turn in range(4):
                    thread: Any = {"configurable": {"thread_id": f"shared-{turn % 2}"}}
                    store.put(("memories",), "last", {"of": caller})
                    graph.invoke({"said": [caller]}, thread)
                    said = graph.invoke(Command(resume=caller), thread)["said"]
                    wrong += [line for line in said if not line.endswith(caller)]
                    if len(said) != 3 * (1 + turn // 2):
                        wrong.append(f"{caller}: {len(said)} lines")
                    item = store.get(("memories",), "last")
                    if item is None or item.value["of"] != caller:
                        wrong.append(f"{caller} remembers {item}")
            return wrong

        with ThreadPoolExecutor(5) as threads:
            runs = [threads.submit(copy_context().run, work, caller) for caller in CALLERS]
            assert [run.result() for run in runs] == [[]] * 5


def test_prune_keeps_the_latest(column: Column) -> None:
    level = IsolationLevel.REPEATABLE_READ if column.scope == "transaction" else None
    with column.pool(isolation_level=level) as pool, run_as(column.token("acme/zoe")):
        saver = PostgresSaver(pool)
        graph = agent(saver)
        graph.invoke({"said": ["I am zoe"]}, THREAD)
        graph.invoke(Command(resume="zoe"), THREAD)
        saver.prune(["support-1"])
        assert len(list(saver.list(THREAD))) == 1
        assert graph.get_state(THREAD).values["said"][0] == "I am zoe"


STORE_CALLERS = ["acme/sam", "acme/tom", "globex/sam"]


def test_store(column: Column) -> None:
    with column.pool() as pool:
        store = PostgresStore(pool, ttl={"default_ttl": 60, "refresh_on_read": True})
        for caller in STORE_CALLERS:
            with run_as(column.token(caller)):
                store.put(("users", "1"), "name", {"is": caller, "food": "pizza"})
                store.put(("users", "12"), "name", {"is": f"{caller} the twelfth"})
                store.put(("users", "1"), "gone", {"is": caller}, ttl=0.0001)
        column.as_admin(
            "UPDATE store SET expires_at = now() - interval '1 h' WHERE key = 'gone'"
            " AND tenant_id <> 'evil' AND user_id <> 'mallory'"
        )
        left = len(STORE_CALLERS)
        for caller in STORE_CALLERS:
            with run_as(column.token(caller)):
                assert store.sweep_ttl() == 1
                left -= 1
                [(there,)] = column.as_admin(
                    "SELECT count(*) FROM store WHERE key = 'gone'"
                    " AND tenant_id <> 'evil' AND user_id <> 'mallory'"
                )
                assert there == left
                store.put(("users", "1"), "name", {"is": caller, "food": "pasta"})
                item = store.get(("users", "1"), "name")
                assert item and item.value == {"is": caller, "food": "pasta"}
                found = store.search(("users",), limit=100)
                assert sorted(hit.value["is"] for hit in found) == [caller, f"{caller} the twelfth"]
                found = store.search(("users",), filter={"food": "pasta"})
                assert [hit.value["is"] for hit in found] == [caller]
                store.put(("only", caller.replace("/", "-")), "k", {"x": 1})
                assert store.list_namespaces() == [
                    ("only", caller.replace("/", "-")),
                    ("users", "1"),
                    ("users", "12"),
                ]
        with run_as(column.token("acme/tom")):
            store.delete(("users", "1"), "name")
            assert store.get(("users", "1"), "name") is None
        with run_as(column.token("acme/sam")):
            assert store.get(("users", "1"), "name") is not None
    check_poison(column, {"store"})


def test_async_store_one_per_request(column: Column) -> None:
    tokens = {caller: column.token(caller) for caller in STORE_CALLERS}

    async def main() -> None:
        async with column.async_pool() as pool:

            async def request(caller: str, round_: int) -> bool:
                with run_as(tokens[caller]):
                    store = AsyncPostgresStore(pool)
                    await store.aput(("async",), f"k{round_}", {"is": caller})
                    item = await store.aget(("async",), f"k{round_}")
                    hits = await store.asearch(("async",), limit=100)
                    spaces = await store.alist_namespaces(prefix=("async",))
                    owners = {hit.value["is"] for hit in hits}
                    return (
                        item is not None
                        and item.value["is"] == caller
                        and owners == {caller}
                        and spaces == [("async",)]
                    )

            requests = [request(caller, i) for i in range(10) for caller in STORE_CALLERS]
            assert (await asyncio.gather(*requests)).count(False) == 0

    asyncio.run(main())
    check_poison(column, {"store"})
