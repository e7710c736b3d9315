"""Who people are."""

from collections.abc import Collection

from runhere_hub.core.identity import Person
from runhere_hub.core.ids import PersonId
from runhere_hub.store import people
from runhere_hub.store.session import Connection, Database


async def by_id(db: Database, ids: Collection[str]) -> dict[str, Person]:
    """Those of these people who exist."""

    def work(conn: Connection) -> dict[str, Person]:
        found = {one: people.get(conn, PersonId(one)) for one in ids}
        return {one: person for one, person in found.items() if person is not None}

    return await db.read(work) if ids else {}
