"""People."""

from sqlalchemy import Connection, insert, select, update

from runhere_hub.core.identity import Person
from runhere_hub.core.ids import PersonId
from runhere_hub.store.tables import people


def first(conn: Connection) -> Person | None:
    """The person who was here first: in one-person mode the only one."""
    row = conn.execute(select(people).order_by(people.c.created_at, people.c.id).limit(1)).one_or_none()
    return Person(id=PersonId(row.id), name=row.name, color=row.color) if row else None


def get(conn: Connection, person_id: PersonId) -> Person | None:
    """One person."""
    row = conn.execute(select(people).where(people.c.id == person_id)).one_or_none()
    return Person(id=PersonId(row.id), name=row.name, color=row.color) if row else None


def add(conn: Connection, person: Person, *, now: int) -> None:
    """Keep a new person."""
    conn.execute(insert(people).values(id=person.id, name=person.name, color=person.color, created_at=now))


def omits_outputs(conn: Connection, person_id: PersonId) -> bool | None:
    """Whether outputs of a person's new notebooks stay at home; None: as the hub has it."""
    found: bool | None = conn.execute(select(people.c.omit_outputs).where(people.c.id == person_id)).scalar()
    return found


def omit_outputs(conn: Connection, person_id: PersonId, *, omit: bool | None) -> None:
    """Write that."""
    conn.execute(update(people).where(people.c.id == person_id).values(omit_outputs=omit))
