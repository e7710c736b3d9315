"""Runs and heads of a notebook, as `core.runs` knows them."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, select

from runhere_hub.core.outputs import Folded
from runhere_hub.core.run_records import Asker, Run, RunsState, record
from runhere_hub.store.tables import heads, runs
from runhere_hub.store.upsert import upsert


def load(conn: Connection, notebook_id: str, after: int = -1) -> RunsState:
    """Runs and heads, all of them or those that changed after a sequence number."""
    found = conn.execute(
        select(runs.c.record, runs.c.outputs).where(runs.c.notebook_id == notebook_id, runs.c.seq > after)
    )
    loaded = [_run(row.record, row.outputs) for row in found]
    shown = conn.execute(
        select(heads.c.cell_id, heads.c.run_id).where(heads.c.notebook_id == notebook_id, heads.c.seq > after)
    )
    return RunsState({run.run_id: run for run in loaded}, {row.cell_id: row.run_id for row in shown})


def save(conn: Connection, notebook_id: str, seq: int, changed: Sequence[Run]) -> None:
    """Write these runs as they are now."""
    upsert(
        conn,
        runs,
        [
            {
                "notebook_id": notebook_id,
                "run_id": run.run_id,
                "cell_id": run.cell_id,
                "seq": seq,
                "record": _json(_stored_record(run)),
                "outputs": _json(list(run.folded.outputs)),
            }
            for run in changed
        ],
    )


def save_heads(conn: Connection, notebook_id: str, seq: int, changed: Mapping[str, str | None]) -> None:
    """Write what these cells show."""
    rows = [{"notebook_id": notebook_id, "cell_id": cell, "run_id": run, "seq": seq} for cell, run in changed.items()]
    upsert(conn, heads, rows)


def remove(conn: Connection, notebook_id: str, run_ids: Collection[str]) -> None:
    """Forget runs."""
    if run_ids:
        conn.execute(delete(runs).where(runs.c.notebook_id == notebook_id, runs.c.run_id.in_(list(run_ids))))


def _stored_record(run: Run) -> dict[str, Any]:
    """The record of the wire, and what only the hub needs. The writer is left out: sockets do not survive."""
    last = run.last_writer
    return {
        **record(run),
        "writer": None,
        "last_writer": [last.session, last.person_id, last.person_name, last.browser_id, last.tab_id] if last else None,
        "left_at": run.left_at,
        "replaced": run.replaced,
        "clear_pending": run.folded.clear_pending,
    }


def _run(stored: str, outputs: str) -> Run:
    values = json.loads(stored)
    last, clear_pending = values.pop("last_writer"), values.pop("clear_pending")
    folded = Folded(tuple(json.loads(outputs)), clear_pending)
    return Run(**values, last_writer=Asker(*last) if last else None, folded=folded)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))  # ASCII: a lone surrogate has no UTF-8
