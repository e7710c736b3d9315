"""Insert or replace by primary key, on both databases."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import sqlite


def upsert(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows; one with the same primary key is replaced. All rows name the same columns."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    values = [name for name in rows[0] if name not in keys]
    made = sqlite.insert(table) if conn.dialect.name == "sqlite" else _postgres_insert(table)
    statement = (
        made.on_conflict_do_update(index_elements=keys, set_={name: made.excluded[name] for name in values})
        if values
        else made.on_conflict_do_nothing(index_elements=keys)
    )
    conn.execute(statement, list(rows))


def _postgres_insert(table: Table) -> Any:
    # Loading PostgreSQL's dialect takes 30 ms of every start, and most hubs are on SQLite.
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


def insert_unless_there(conn: Connection, table: Table, row: Mapping[str, Any], *, unique: str) -> bool:
    """Write a row, unless there is one with the same value in this unique column: False then."""
    made = sqlite.insert(table) if conn.dialect.name == "sqlite" else _postgres_insert(table)
    wanted = made.values(**row).on_conflict_do_nothing(index_elements=[unique])
    # Without the option a count of inserted rows is not kept for PostgreSQL.
    return conn.execute(wanted, execution_options={"preserve_rowcount": True}).rowcount == 1
