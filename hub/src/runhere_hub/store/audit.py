"""The audit log: appended to, never changed. Its last number also says that somebody's rights may be others now."""

from dataclasses import replace

from sqlalchemy import Connection, func, insert, or_, select, text

from runhere_hub.core import audit as rules
from runhere_hub.core.audit import NOWHERE, Entry, From
from runhere_hub.store.tables import audit

_LOCK = 7_105_218  # any number that nobody else uses for an advisory lock


def record(
    conn: Connection,
    now: int,
    action: str,
    *,
    by: str | None,
    on: str | None = None,
    came: From = NOWHERE,
    **detail: object,
) -> None:
    """Append an entry in the transaction of what it is about: both are kept, or neither is."""
    hold(conn)
    one = rules.entry(now, action, person_id=by, object_id=on, came=came, detail=detail)
    before = conn.execute(select(audit.c.chain).order_by(audit.c.id.desc()).limit(1)).scalar()
    conn.execute(insert(audit).values(**one.__dict__, chain=rules.link(before, one)))


def hold(conn: Connection) -> None:
    """Nobody else appends until this transaction ends."""
    if conn.dialect.name == "postgresql":
        # One after the other, or two entries would name the same predecessor. (SQLite has one writer.)
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def last(conn: Connection) -> int:
    """Number of the newest entry; 0: there is none."""
    return int(conn.execute(select(func.max(audit.c.id))).scalar() or 0)


def count(conn: Connection) -> int:
    """How many entries there are."""
    return int(conn.execute(select(func.count()).select_from(audit)).scalar_one())


def entries(conn: Connection, *, person_id: str | None, limit: int) -> list[Entry]:
    """The newest entries, of everybody or of and about one person, newest first.

    From where somebody else did something is not told there.
    """
    wanted = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if person_id is None:
        return [_entry(row) for row in conn.execute(wanted)]
    wanted = wanted.where(or_(audit.c.person_id == person_id, audit.c.object_id == person_id))
    found = [_entry(row) for row in conn.execute(wanted)]
    return [one if one.person_id == person_id else replace(one, ip=None, agent=None) for one in found]


def newest_of_each(conn: Connection, *actions: str) -> list[Entry]:
    """Of each one that entries of these kinds are about, the newest."""
    about = func.coalesce(audit.c.object_id, audit.c.person_id)
    newest = select(func.max(audit.c.id)).where(audit.c.action.in_(actions)).group_by(about)
    return [_entry(row) for row in conn.execute(select(audit).where(audit.c.id.in_(newest)).order_by(audit.c.id))]


def since(conn: Connection, number: int, *actions: str) -> list[Entry]:
    """Entries of some kinds behind a number, oldest first."""
    wanted = select(audit).where(audit.c.id > number, audit.c.action.in_(actions)).order_by(audit.c.id)
    return [_entry(row) for row in conn.execute(wanted)]


def first_broken(conn: Connection) -> int | None:
    """Number of the first entry that was changed, or behind which one is missing; None: the log is whole."""
    rows = conn.execute(select(audit).order_by(audit.c.id)).all()
    index = rules.first_broken((_entry(row), row.chain) for row in rows)
    return None if index is None else int(rows[index].id)


def _entry(row: object) -> Entry:
    return Entry(**{name: getattr(row, name) for name in Entry.__dataclass_fields__})
