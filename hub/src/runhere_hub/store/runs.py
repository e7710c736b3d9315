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


def epochs(conn: Connection, notebook_id: str, run_ids: Collection[str]) -> dict[str, int]:
    """Epoch of each of these runs that is stored."""
    here = (runs.c.notebook_id == notebook_id) & runs.c.run_id.in_(list(run_ids))
    found = conn.execute(select(runs.c.run_id, runs.c.record).where(here))
    return {row.run_id: int(json.loads(row.record)["epoch"]) for row in found}


def outputs_of(conn: Connection, notebook_id: str, run_ids: Collection[str]) -> dict[str, list[Any]]:
    """Outputs of each of these runs that is stored, large values as references to blobs."""
    here = (runs.c.notebook_id == notebook_id) & runs.c.run_id.in_(list(run_ids))
    found = conn.execute(select(runs.c.run_id, runs.c.outputs).where(here))
    return {row.run_id: json.loads(row.outputs) for row in found}


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
    """The record of the wire, and what only the hub needs."""
    return {
        **record(run),
        "writer": _page(run.writer),
        "last_writer": _page(run.last_writer),
        "left_at": run.left_at,
        "replaced": run.replaced,
        "clear_pending": run.folded.clear_pending,
    }


def _run(stored: str, outputs: str) -> Run:
    values = json.loads(stored)
    folded = Folded(tuple(json.loads(outputs)), values.pop("clear_pending"))
    for name in ("writer", "last_writer"):
        values[name] = Asker(*values[name]) if values[name] else None
    return Run(**values, folded=folded)


def _page(asker: Asker | None) -> list[str] | None:
    if asker is None:
        return None
    return [asker.session, asker.person_id, asker.person_name, asker.browser_id, asker.tab_id]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))  # ASCII: a lone surrogate has no UTF-8
