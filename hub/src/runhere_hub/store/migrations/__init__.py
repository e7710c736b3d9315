"""The database's versions: `bring_up_to_date` is the only way in. Revisions are in `versions/` and never change."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from runhere_hub.core.errors import Conflict, DatabaseUnavailable, FileMissing

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0009"
"""The newest revision. Known here so that an up-to-date database opens without importing Alembic (about 150 ms)."""


def bring_up_to_date(conn: Connection, name: str) -> None:
    """Run the missing revisions in the transaction of `conn`. Messages call the database by this name.

    Raises:
        DatabaseUnavailable: Made by a newer version, or not a database of ours. Nothing was changed.
    """
    version = _version(conn, name)
    if version == HEAD:
        return
    from alembic import command  # Alembic is needed for a new or old database only: see HEAD
    from alembic.script import ScriptDirectory

    config = alembic_config(conn)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise DatabaseUnavailable(
            f"The database {name} was made by a newer version of Runhere (it has {version}, this one knows {HEAD}). "
            "Update Runhere, or start with another --data folder.",
            database=name,
        )
    command.upgrade(config, "head")


def require_current(conn: Connection, name: str) -> None:
    """Return when the database is of this program's version, and change nothing.

    Raises:
        FileMissing: There is nothing in it.
        DatabaseUnavailable: Of another version, or not a database of ours.
    """
    version = _version(conn, name)
    if version is None:
        raise FileMissing(f"There is no hub's data in the database {name}.")
    if version != HEAD:
        raise DatabaseUnavailable(
            f"The database {name} is of another version of Runhere (it has {version}, this one knows {HEAD}). "
            "Use the version that its hub runs.",
            database=name,
        )


def require_empty(conn: Connection, name: str) -> None:
    """Return when there is no table in the database.

    Raises:
        Conflict: There is one, of whomever.
    """
    if inspect(conn).get_table_names():
        raise Conflict(
            f"The database {name} is not empty; nothing was changed. Make an empty one "
            "(createdb --encoding UTF8 --template template0 NAME) and name that in RUNHERE_DATABASE_URL."
        )


def alembic_config(conn: Connection) -> "Config":
    """Alembic's configuration for this folder and connection."""
    from alembic.config import Config  # as above

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = conn
    return config


def _version(conn: Connection, name: str) -> str | None:
    tables = set(inspect(conn).get_table_names())
    if "alembic_version" in tables:
        found = conn.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return str(found) if found is not None else None
    if tables:
        raise DatabaseUnavailable(
            f"{name} is a database of something else: it has tables that are not Runhere's. Nothing was changed.",
            database=name,
        )
    return None
