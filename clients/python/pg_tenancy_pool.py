"""psycopg pools whose every checkout belongs to one caller of pg_tenancy.

Copy this file into your project; it needs psycopg >= 3.2 and psycopg_pool >= 3.2.

    pool = TenancyPool(conninfo, scope="session", open=True)
    with run_as(bearer_token):
        graph.invoke(input, config)

What it guarantees:

- The token is read from the calling thread or task when it asks for a connection.
- Without a token nothing is sent: asking for a connection raises `NoTokenError`.
- A connection whose state is not certain (token not cleared, a task cancelled in between, something
  an earlier caller left behind) is closed, never handed to the next caller.

The two columns:

- scope "session" (direct connections or session pooling; the database has tenancy.scope = session):
  the token is set for the checkout and cleared when the connection is returned.
- scope "transaction" (behind a transaction pooler; tenancy.scope = transaction, the default): a
  checkout is one transaction. It begins with the login, commits when `connection()` is left
  normally and rolls back when it is left by an exception; `transaction()` inside is a savepoint.
  `prepare_threshold` defaults to None, because poolers such as pgbouncer before 1.21 do not keep
  server-side prepared statements. A saver's `prune(strategy="keep_latest")` asks for REPEATABLE
  READ, so give such a pool `isolation_level=IsolationLevel.REPEATABLE_READ`.

Do not share one AsyncPostgresStore among callers: it merges what is waiting into one batch, which
runs as whoever started its background task. Make one store per request (it is a small object over
the shared pool); `PostgresStore` and the savers may be shared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal

from psycopg import AsyncConnection, Connection, IsolationLevel, sql
from psycopg import errors as pg_errors
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, ConnectionPool

__all__ = [
    "AsyncTenancyPool",
    "NoTokenError",
    "Scope",
    "ScopeError",
    "TenancyPool",
    "current_token",
    "run_as",
]

Scope = Literal["session", "transaction"]

_token: ContextVar[str | None] = ContextVar("pg_tenancy_token", default=None)

_ENTER_SESSION = (
    "SELECT pg_catalog.set_config('tenancy.token', %s, false),"
    " pg_catalog.current_setting('tenancy.scope', true) AS scope"
)
_ENTER_TRANSACTION = "SELECT pg_catalog.set_config('tenancy.token', %s, true)"
_LEAVE_SESSION = "SELECT pg_catalog.set_config('tenancy.token', '', false)"
_LEFTOVERS = "TN010"  # an earlier caller left something in the session


class NoTokenError(RuntimeError):
    """Nobody said who is calling; nothing was sent."""

    sqlstate = "TN001"


class ScopeError(RuntimeError):
    """The pool's scope does not fit the database's tenancy.scope."""

    sqlstate = "55000"


@contextmanager
def run_as(token: str) -> Iterator[None]:
    """Make `token` the caller of every pool used inside, in this thread or task.

    Tasks started inside inherit it. Threads do only if started with a copy of the context
    (`asyncio.to_thread` and LangGraph's own executors do that).
    """
    if not isinstance(token, str) or not token:
        raise _no_token()
    before = _token.set(token)
    try:
        yield
    finally:
        _token.reset(before)


def current_token() -> str | None:
    """The token of the surrounding `run_as`, or None."""
    return _token.get()


class TenancyPool(ConnectionPool[Connection[DictRow]]):
    """A `psycopg_pool.ConnectionPool`; its further arguments are passed on.

    `token` returns the caller's token (default: that of `run_as`). `kwargs` default to what the
    LangGraph savers need: autocommit, dict_row, and prepared statements where the scope allows.
    """

    def __init__(
        self,
        conninfo: str = "",
        *,
        scope: Scope = "transaction",
        token: Callable[[], str | None] = current_token,
        isolation_level: IsolationLevel | None = None,
        kwargs: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        self._tenancy_scope = _checked(scope)
        self._tenancy_token = token
        self._tenancy_begin = _begin(isolation_level)
        super().__init__(conninfo, kwargs=_connection_kwargs(scope, kwargs), **options)

    def getconn(self, timeout: float | None = None) -> Connection[DictRow]:
        """Check out a connection as the caller; pair it with `putconn`."""
        token = _required(self._tenancy_token())
        for last_try in _attempts(self.max_size):
            conn = super().getconn(timeout)
            try:
                self._enter(conn, token)
                return conn
            except BaseException as error:
                if not _refused(error):
                    conn.close()
                self.putconn(conn)
                if last_try or not _is_leftovers(error):
                    raise
        raise AssertionError("unreachable")

    def putconn(self, conn: Connection[DictRow]) -> None:
        """Return a connection; what is still open is rolled back, and the token is cleared."""
        try:
            if not conn.closed:
                self._leave(conn)
        except Exception:
            conn.close()
        except BaseException:
            conn.close()
            raise
        finally:
            super().putconn(conn)

    def _enter(self, conn: Connection[DictRow], token: str) -> None:
        if self._tenancy_scope == "transaction":
            conn.execute(self._tenancy_begin, prepare=False)
            conn.execute(_ENTER_TRANSACTION, [token], prepare=False)
            return
        row = conn.cursor(row_factory=dict_row).execute(_ENTER_SESSION, [token], prepare=False)
        _check_scope(row.fetchone())
        conn.commit()

    def _leave(self, conn: Connection[DictRow]) -> None:
        _only_outside_pipelines(conn)
        if conn.pgconn.transaction_status != TransactionStatus.IDLE:
            conn.rollback()
        if self._tenancy_scope == "session":
            conn.execute(_LEAVE_SESSION, prepare=False)
            conn.commit()


class AsyncTenancyPool(AsyncConnectionPool[AsyncConnection[DictRow]]):
    """`TenancyPool` for asyncio."""

    def __init__(
        self,
        conninfo: str = "",
        *,
        scope: Scope = "transaction",
        token: Callable[[], str | None] = current_token,
        isolation_level: IsolationLevel | None = None,
        kwargs: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        self._tenancy_scope = _checked(scope)
        self._tenancy_token = token
        self._tenancy_begin = _begin(isolation_level)
        super().__init__(conninfo, kwargs=_connection_kwargs(scope, kwargs), **options)

    async def getconn(self, timeout: float | None = None) -> AsyncConnection[DictRow]:
        """Check out a connection as the caller; pair it with `putconn`."""
        token = _required(self._tenancy_token())
        for last_try in _attempts(self.max_size):
            conn = await super().getconn(timeout)
            try:
                await self._enter(conn, token)
                return conn
            except BaseException as error:
                if not _refused(error):
                    await conn.close()
                await self.putconn(conn)
                if last_try or not _is_leftovers(error):
                    raise
        raise AssertionError("unreachable")

    async def putconn(self, conn: AsyncConnection[DictRow]) -> None:
        """Return a connection; what is still open is rolled back, and the token is cleared."""
        try:
            if not conn.closed:
                await self._leave(conn)
        except Exception:
            await conn.close()
        except BaseException:
            await conn.close()
            raise
        finally:
            await super().putconn(conn)

    async def _enter(self, conn: AsyncConnection[DictRow], token: str) -> None:
        if self._tenancy_scope == "transaction":
            await conn.execute(self._tenancy_begin, prepare=False)
            await conn.execute(_ENTER_TRANSACTION, [token], prepare=False)
            return
        cursor = conn.cursor(row_factory=dict_row)
        await cursor.execute(_ENTER_SESSION, [token], prepare=False)
        _check_scope(await cursor.fetchone())
        await conn.commit()

    async def _leave(self, conn: AsyncConnection[DictRow]) -> None:
        _only_outside_pipelines(conn)
        if conn.pgconn.transaction_status != TransactionStatus.IDLE:
            await conn.rollback()
        if self._tenancy_scope == "session":
            await conn.execute(_LEAVE_SESSION, prepare=False)
            await conn.commit()


def _checked(scope: Scope) -> Scope:
    if scope not in ("session", "transaction"):
        raise ValueError(f"scope is 'session' or 'transaction', not {scope!r}")
    return scope


def _begin(level: IsolationLevel | None) -> sql.SQL:
    if level is None:
        return sql.SQL("BEGIN")
    names = {
        IsolationLevel.READ_UNCOMMITTED: "READ UNCOMMITTED",
        IsolationLevel.READ_COMMITTED: "READ COMMITTED",
        IsolationLevel.REPEATABLE_READ: "REPEATABLE READ",
        IsolationLevel.SERIALIZABLE: "SERIALIZABLE",
    }
    return sql.SQL(f"BEGIN ISOLATION LEVEL {names[level]}")


def _connection_kwargs(scope: Scope, given: dict[str, Any] | None) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "autocommit": True,
        "row_factory": dict_row,
        "prepare_threshold": 0 if scope == "session" else None,
        **(given or {}),
    }
    if scope == "transaction" and not kwargs["autocommit"]:
        raise ValueError("with scope 'transaction' the pool itself begins: leave autocommit=True")
    return kwargs


def _attempts(max_size: int) -> Iterator[bool]:
    """True for the last try: a fresh connection has no leftovers, every pooled one might."""
    for attempt in range(max_size + 1):
        yield attempt == max_size


def _required(token: str | None) -> str:
    if not token:
        raise _no_token()
    return token


def _no_token() -> NoTokenError:
    return NoTokenError("no token: use the pool inside run_as(token), or give it a token function")


def _refused(error: BaseException) -> bool:
    """Did the server answer, with nothing wrong about the connection?"""
    return (
        isinstance(error, pg_errors.Error)
        and error.sqlstate is not None
        and not isinstance(error, pg_errors.OperationalError)
        and not _is_leftovers(error)
    )


def _is_leftovers(error: BaseException) -> bool:
    return isinstance(error, pg_errors.Error) and error.sqlstate == _LEFTOVERS


def _check_scope(row: dict[str, Any] | None) -> None:
    if row is not None and row["scope"] == "transaction":
        raise ScopeError(
            "this database has tenancy.scope = transaction, where a checkout's token does not last:"
            " use scope='transaction', or have the administrator set tenancy.scope = session"
        )


def _only_outside_pipelines(conn: Connection[DictRow] | AsyncConnection[DictRow]) -> None:
    if conn.pgconn.pipeline_status:
        raise RuntimeError("returned inside a pipeline")
