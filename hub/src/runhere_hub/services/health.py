"""Does the hub do its work?"""

import asyncio

from runhere_hub.core.errors import Unavailable
from runhere_hub.store import audit
from runhere_hub.store.session import Database

DATABASE_WITHIN_S = 2.0


async def check(db: Database) -> None:
    """Return when the database answers.

    Raises:
        Unavailable: It does not, or not in time; what was asked of it may still run.
    """
    try:
        async with asyncio.timeout(DATABASE_WITHIN_S):
            await db.read(audit.last)
    except TimeoutError as error:
        raise Unavailable(f"The database does not answer within {DATABASE_WITHIN_S:g} s.") from error
