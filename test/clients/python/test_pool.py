"""The pool classes by themselves, in both columns: whose statement runs, what failures leave."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from conftest import WHO, Column
from pg_tenancy_pool import NoTokenError, ScopeError, TenancyPool, current_token, run_as
from psycopg import IsolationLevel
from psycopg_pool import AsyncConnectionPool, ConnectionPool, PoolTimeout

TENANTS = ["acme", "globex", "initech", "umbrella", "hooli"]


def tenant_of(pool: TenancyPool) -> str:
    with pool.connection() as conn:
        row = conn.execute(WHO).fetchone()
        assert row
        return str(row["tenant"])


def test_each_checkout_is_its_callers(column: Column) -> None:
    with column.pool() as pool:
        for tenant in ("acme", "globex", "acme"):
            with run_as(column.token(tenant)):
                assert tenant_of(pool) == tenant


def test_without_a_token_nothing_is_sent(column: Column) -> None:
    with column.pool(min_size=0) as pool:
        with pytest.raises(NoTokenError):
            tenant_of(pool)
        assert pool.get_stats().get("requests_num", 0) == 0
        with pytest.raises(NoTokenError), run_as(""):
            pass
        with run_as(column.token("acme")):
            assert tenant_of(pool) == "acme"


def test_run_as_nests_and_ends(column: Column) -> None:
    with run_as("a"):
        with run_as("b"):
            assert current_token() == "b"
        assert current_token() == "a"
    assert current_token() is None


def test_a_token_function(column: Column) -> None:
    token = column.token("hooli")
    with column.pool(token=lambda: token) as pool:
        assert tenant_of(pool) == "hooli"


def test_five_tenants_on_three_connections(column: Column) -> None:
    tokens = {tenant: column.token(tenant) for tenant in TENANTS}

    def ask(tenant: str) -> bool:
        with run_as(tokens[tenant]):
            return tenant_of(pool) == tenant

    with column.pool() as pool, ThreadPoolExecutor(10) as threads:
        assert list(threads.map(ask, TENANTS * 40)).count(False) == 0


def test_between_two_callers_the_connection_is_nobody(column: Column) -> None:
    with column.pool(max_size=1) as pool:
        with run_as(column.token("acme")):
            assert tenant_of(pool) == "acme"
        raw = ConnectionPool.getconn(pool)
        row = raw.execute("SELECT tenancy.whoami() IS NULL AS nobody").fetchone()
        ConnectionPool.putconn(pool, raw)
        assert row and row["nobody"]


def test_writes_are_committed_and_undone(column: Column) -> None:
    with column.pool() as pool, run_as(column.token("acme")):
        with pool.connection() as conn:
            conn.execute("INSERT INTO notes (id, body) VALUES ('kept', 'x')")
        with pytest.raises(KeyError), pool.connection() as conn, conn.transaction():
            conn.execute("INSERT INTO notes (id, body) VALUES ('undone', 'x')")
            raise KeyError
        with pool.connection() as conn:
            rows = conn.execute("SELECT id FROM notes").fetchall()
        assert [row["id"] for row in rows] == ["kept"]


def test_a_pipeline(column: Column) -> None:
    with column.pool() as pool, run_as(column.token("acme")), pool.connection() as conn:
        with conn.pipeline():
            cursors = [conn.execute(WHO) for _ in range(3)]
            rows = [cursor.fetchone() for cursor in cursors]
        assert [row and row["tenant"] for row in rows] == ["acme"] * 3


def test_left_open_it_is_rolled_back(column: Column) -> None:
    with column.pool(max_size=1) as pool:
        with run_as(column.token("acme")):
            conn = pool.getconn()
            if column.scope == "session":
                conn.execute("BEGIN")
            conn.execute("INSERT INTO notes (id, body) VALUES ('left', 'x')")
            pool.putconn(conn)
        with run_as(column.token("globex")):
            assert tenant_of(pool) == "globex"
    assert column.as_admin("SELECT FROM notes WHERE id = 'left'") == []


def test_a_failing_statement(column: Column) -> None:
    with column.pool(max_size=1) as pool:
        with run_as(column.token("acme")), pytest.raises(psycopg.errors.DivisionByZero):
            with pool.connection() as conn:
                conn.execute("SELECT 1/0")
        with run_as(column.token("globex")):
            assert tenant_of(pool) == "globex"


def test_a_refused_token_costs_no_connection(column: Column) -> None:
    with column.pool(max_size=1) as pool:
        with run_as(column.token("acme")[:-4] + "AAAA"), pytest.raises(psycopg.Error) as refused:
            tenant_of(pool)
        assert refused.value.sqlstate == "TN002"
        with run_as(column.token("globex")):
            assert tenant_of(pool) == "globex"
        assert pool.get_stats().get("connections_lost", 0) == 0


def test_a_connection_the_server_ends_is_replaced(column: Column) -> None:
    with column.pool(max_size=1) as pool:
        with run_as(column.token("acme")), pytest.raises(psycopg.OperationalError):
            with pool.connection() as conn, conn.transaction():
                row = conn.execute(WHO).fetchone()
                assert row
                column.as_admin("SELECT pg_terminate_backend(%s)", row["pid"])
                conn.execute(WHO)
        with run_as(column.token("globex")):
            assert tenant_of(pool) == "globex"


def test_a_cancelled_statement(column: Column) -> None:
    with column.pool(max_size=1) as pool:
        with run_as(column.token("acme")), pytest.raises(psycopg.errors.QueryCanceled):
            with pool.connection() as conn:
                timer = threading.Timer(0.3, conn.cancel)
                timer.start()
                conn.execute("SELECT pg_sleep(20)")
        with run_as(column.token("globex")):
            assert tenant_of(pool) == "globex"


def test_a_checkout_that_times_out(column: Column) -> None:
    with column.pool(max_size=1) as pool:
        with run_as(column.token("acme")), pool.connection() as held:
            with run_as(column.token("globex")), pytest.raises(PoolTimeout):
                pool.getconn(timeout=0.2)
            row = held.execute(WHO).fetchone()
            assert row and row["tenant"] == "acme"
        with run_as(column.token("initech")):
            assert tenant_of(pool) == "initech"


def test_async_concurrent_and_cancelled(column: Column) -> None:
    tokens = {tenant: column.token(tenant) for tenant in TENANTS}

    async def main() -> None:
        pool = column.async_pool()
        await pool.open()

        async def ask(tenant: str, query: str = WHO) -> bool:
            with run_as(tokens[tenant]):
                async with pool.connection() as conn:
                    row = await (await conn.execute(query)).fetchone()
                    return bool(row and row["tenant"] == tenant)

        async def give_up(tenant: str, after: float) -> object:
            task = asyncio.create_task(ask(tenant, f"{WHO}, pg_sleep(0.2)"))
            await asyncio.sleep(after)
            task.cancel()
            (outcome,) = await asyncio.gather(task, return_exceptions=True)
            return outcome

        with pytest.raises(NoTokenError):
            await pool.getconn()
        assert (await asyncio.gather(*(ask(tenant) for tenant in TENANTS * 40))).count(False) == 0
        *given_up, others = await asyncio.gather(
            *(give_up(TENANTS[i % 5], 0.002 * i) for i in range(20)),
            asyncio.gather(*(ask(tenant) for tenant in TENANTS * 10)),
        )
        # asyncio may lose a cancellation that arrives together with the connection: then it ran.
        assert all(x is True or isinstance(x, asyncio.CancelledError) for x in given_up)
        assert sum(isinstance(x, asyncio.CancelledError) for x in given_up) > 10
        assert others.count(False) == 0
        assert await ask("acme")
        raw = await AsyncConnectionPool.getconn(pool)
        row = await (await raw.execute("SELECT tenancy.whoami() IS NULL AS nobody")).fetchone()
        await AsyncConnectionPool.putconn(pool, raw)
        assert row and row["nobody"]
        await pool.close()

    asyncio.run(main())


def test_scopes_that_do_not_fit() -> None:
    from conftest import COLUMNS, PORT

    direct, pooled = COLUMNS
    with pytest.raises(ValueError):
        direct.pool(scope="statement")
    with pytest.raises(ValueError):
        pooled.pool(kwargs={"autocommit": False})
    mistaken = Column("mistaken", "session", pooled.database, PORT)
    with mistaken.pool() as pool, run_as(pooled.token("acme")), pytest.raises(ScopeError):
        tenant_of(pool)


def test_leftovers_of_an_earlier_caller_are_dropped_unnoticed() -> None:
    from conftest import COLUMNS

    direct = COLUMNS[0]
    with direct.pool(max_size=1) as pool, run_as(direct.token("acme")):
        raw = ConnectionPool.getconn(pool)
        raw.execute("SET search_path = pg_temp, public")
        ConnectionPool.putconn(pool, raw)
        assert tenant_of(pool) == "acme"


def test_session_scope_without_autocommit() -> None:
    from conftest import COLUMNS

    direct = COLUMNS[0]
    with direct.pool(max_size=1, kwargs={"autocommit": False}) as pool:
        for tenant in ("acme", "globex"):
            with run_as(direct.token(tenant)), pool.connection() as conn:
                conn.execute("SELECT 1")
                conn.rollback()
                row = conn.execute(WHO).fetchone()
                assert row and row["tenant"] == tenant


def test_isolation_level_of_a_transaction_checkout() -> None:
    from conftest import COLUMNS

    pooled = COLUMNS[1]
    with pooled.pool(isolation_level=IsolationLevel.SERIALIZABLE) as pool:
        with run_as(pooled.token("acme")), pool.connection() as conn:
            row = conn.execute("SHOW transaction_isolation").fetchone()
            assert row and row["transaction_isolation"] == "serializable"
