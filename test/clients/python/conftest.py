"""TAP instead of pytest's own report, and what the tests share: the two columns."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from pg_tenancy_pool import AsyncTenancyPool, Scope, TenancyPool

HOST, PORT, BOUNCER = (os.environ[name] for name in ("PGHOST", "PGPORT", "BOUNCER_PORT"))
WHO = "SELECT tenancy.current_tenant_id()::text AS tenant, pg_backend_pid() AS pid"


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A test is its call phase; a failed set-up or tear-down counts as a test of its own."""
    if report.when != "call" and report.passed:
        return
    print(f"{'ok' if report.passed else 'not ok'} 0 - {report.nodeid}")
    if report.failed:
        print("".join(f"# {line}\n" for line in report.longreprtext.splitlines()))


@dataclass(frozen=True)
class Column:
    """A column of doc/langgraph.md: a database with its scope, and the way to reach it."""

    name: str
    scope: Scope
    database: str
    port: str

    @property
    def conninfo(self) -> str:
        return f"host={HOST} port={self.port} dbname={self.database} user=app"

    def pool(self, **options: Any) -> TenancyPool:
        settings: dict[str, Any] = {"min_size": 1, "max_size": 3, "scope": self.scope, **options}
        return TenancyPool(self.conninfo, open=True, **settings)

    def async_pool(self, **options: Any) -> AsyncTenancyPool:
        settings: dict[str, Any] = {"min_size": 1, "max_size": 3, "scope": self.scope, **options}
        return AsyncTenancyPool(self.conninfo, open=False, **settings)

    def as_admin(self, query: str, *params: object) -> list[tuple[Any, ...]]:
        """A statement as the superuser, who sees every row; directly on the server."""
        where = f"host={HOST} port={PORT} dbname={self.database} user=postgres"
        with psycopg.connect(where, autocommit=True) as conn:
            cursor = conn.execute(query, params or None)
            return cursor.fetchall() if cursor.description else []

    def token(self, caller: str, ttl: str = "15 min") -> str:
        """A token of the database's own issuer for TENANT or TENANT/USER."""
        tenant, _, user = caller.partition("/")
        [(token,)] = self.as_admin(
            "SELECT tenancy.issue_token(%s::tenancy.tenant_id, %s::tenancy.user_id, ttl => %s)",
            tenant,
            user or "ann",
            ttl,
        )
        return str(token)


COLUMNS = [
    Column("direct", "session", "py_direct", PORT),
    Column("pgbouncer", "transaction", "py_pooled", BOUNCER),
]


@pytest.fixture(params=COLUMNS, ids=lambda column: column.name, scope="session")
def column(request: pytest.FixtureRequest) -> Iterator[Column]:
    yield request.param
