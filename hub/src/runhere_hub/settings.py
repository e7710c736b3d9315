"""Every setting of the hub, read once: command line over environment (`RUNHERE_…`) over default."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runhere_hub.core.errors import Invalid

DEFAULT_PORT = 8800
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")


class SettingInvalid(Invalid):
    """A setting that cannot be meant."""

    code = "setting_invalid"


@dataclass(frozen=True)
class Settings:
    """The hub's settings.

    Attributes:
        host: Loopback name or address to listen on (RUNHERE_HOST).
        port: Port to listen on; 0 takes any free one (RUNHERE_PORT).
        data_dir: Database, blobs, trash, hub.json; absolute (RUNHERE_DATA).
        static_dir: The built page; holds `page/` and `frame/v1/` (RUNHERE_STATIC).
        owner_name: Name of the person of one-person mode, as others see it (RUNHERE_NAME).
        log_level: Of the hub's log on standard error: debug, info, warning, error (RUNHERE_LOG_LEVEL).
        database: URL of the database (RUNHERE_DATABASE_URL); None: SQLite in the data folder.
    """

    host: str
    port: int
    data_dir: Path
    static_dir: Path
    owner_name: str
    log_level: str
    database: str | None = field(default=None, repr=False)  # may hold a password

    @property
    def database_url(self) -> str:
        """Where the database is."""
        return self.database or f"sqlite:///{self.data_dir / 'hub.db'}"

    @property
    def blobs_dir(self) -> Path:
        """Where large output values are."""
        return self.data_dir / "blobs"

    @property
    def trash_dir(self) -> Path:
        """Where trashed notebooks are."""
        return self.data_dir / "trash"


@dataclass(frozen=True)
class Given:
    """What the command line gave; None: not given."""

    host: str | None = None
    port: int | None = None
    data: str | None = None


def read(
    environment: Mapping[str, str], given: Given, *, default_data_dir: Callable[[], Path], user_name: str
) -> Settings:
    """The settings of this start.

    Raises:
        SettingInvalid: The message names the setting.
    """
    host = given.host or environment.get("RUNHERE_HOST") or "127.0.0.1"
    if host.strip("[]").lower() not in LOOPBACK_HOSTS:
        raise SettingInvalid(
            f"--host {host}: Runhere in one-person mode listens on this machine only (127.0.0.1, localhost or ::1). "
            "From another machine use: ssh -N -L 8800:127.0.0.1:8800 you@this-machine"
        )
    level = environment.get("RUNHERE_LOG_LEVEL", "warning").lower()
    if level not in ("debug", "info", "warning", "error"):
        raise SettingInvalid(f"RUNHERE_LOG_LEVEL={level}: choose debug, info, warning or error.")
    data = given.data or environment.get("RUNHERE_DATA")
    static = environment.get("RUNHERE_STATIC")
    return Settings(
        host=host.strip("[]").lower(),
        port=_port(given.port if given.port is not None else environment.get("RUNHERE_PORT", DEFAULT_PORT)),
        data_dir=Path(data).expanduser().absolute() if data else default_data_dir(),
        static_dir=Path(static).absolute() if static else Path(__file__).parent / "static",
        owner_name=environment.get("RUNHERE_NAME") or user_name,
        log_level=level,
        database=environment.get("RUNHERE_DATABASE_URL") or None,
    )


def _port(text: str | int) -> int:
    try:
        port = int(text)
    except ValueError as error:
        raise SettingInvalid(f"The port {text!r} is no number.") from error
    if not 0 <= port <= 65535:
        raise SettingInvalid(f"The port {port} does not exist; choose one from 1 to 65535.")
    return port
