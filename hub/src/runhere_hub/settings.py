"""Every setting of the hub, read once: command line over environment (`RUNHERE_…`) over file over default."""

import ipaddress
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from runhere_hub.core.errors import Invalid

DEFAULT_PORT = 8800
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")
_DOMAIN = re.compile(r"(?!.*\.[0-9]+$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?){0,9}")
_LOG_LEVELS = ("debug", "info", "warning", "error")


class SettingInvalid(Invalid):
    """A setting that cannot be meant."""

    code = "setting_invalid"


@dataclass(frozen=True)
class AllowedFolder:
    """A directory of the hub's machine that is somebody's bound folder.

    Attributes:
        path: Absolute.
        owner: User name.
    """

    path: str
    owner: str


@dataclass(frozen=True)
class Oidc:
    """Where people sign in elsewhere, table [oidc].

    Attributes:
        issuer: As the provider spells it; its discovery document lies below.
        client_secret: Also RUNHERE_OIDC_CLIENT_SECRET; never in a log.
        name: What the button says.
        sign_up: Whoever the provider knows gets an account.
        mail_domains: If given, only people with a verified address in one of them do.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str
    sign_up: bool
    mail_domains: frozenset[str]


@dataclass(frozen=True)
class Hosted:
    """Hosted runtimes, table [hosted]; what counts depends on the provider.

    Attributes:
        provider: `local`: processes on this machine. `jupyterhub`: named servers of a JupyterHub.
        kernel_python: local: the Python of the kernels; None: the hub's own.
        idle_minutes: local: a runtime in which nothing ran for so long stops, five minutes after people are warned.
        memory_mib: local: most address space of each process; None: no limit.
        nice: local: how far runtimes stand back behind the hub, 0 to 19.
        url: jupyterhub: where this hub reaches it.
        token: jupyterhub: of a service there; also RUNHERE_JUPYTERHUB_TOKEN, and never in a log.
        server_name: jupyterhub: of the named server each person gets.
        profile: jupyterhub: what the spawner is told as `profile`.
    """

    provider: Literal["local", "jupyterhub"]
    kernel_python: str | None = None
    idle_minutes: int = 60
    memory_mib: int | None = None
    nice: int = 10
    url: str = ""
    token: str = field(default="", repr=False)
    server_name: str = "runhere"
    profile: str | None = None


@dataclass(frozen=True)
class Team:
    """What a hub for several people has besides: `runhere serve --config FILE`.

    Attributes:
        public_origin: Scheme, host and port under which browsers reach the hub; without a final slash.
        trusted_proxies: Addresses or networks whose X-Forwarded-For is believed.
        tls_certificate, tls_key: PEM files, when the hub speaks TLS itself.
        sign_up: `invited`, or `open`: anybody may make an account.
        bound_folders: Directories of this machine that are notebooks of somebody.
        hosted: Hosted runtimes, as `hosted_provider` names their provider; None: there are none.
        runtime_domain: Each hosted runtime has the host `<id>.` and this; None: they are below `public_origin`.
        output_origin: Another origin for the frames of outputs; None: this one.
    """

    public_origin: str
    trusted_proxies: tuple[str, ...] = ()
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    sign_up: Literal["invited", "open"] = "invited"
    bound_folders: tuple[AllowedFolder, ...] = ()
    oidc: Oidc | None = None
    hosted: Hosted | None = None
    runtime_domain: str | None = None
    output_origin: str | None = None

    @property
    def is_https(self) -> bool:
        """True when browsers reach the hub by TLS."""
        return self.public_origin.startswith("https://")


@dataclass(frozen=True)
class Settings:
    """The hub's settings.

    Attributes:
        host: Name or address to listen on (RUNHERE_HOST); loopback in one-person mode.
        port: Port to listen on; 0 takes any free one (RUNHERE_PORT).
        data_dir: Database, blobs, trash, hub.json; absolute (RUNHERE_DATA).
        static_dir: The built page; holds `page/` and `frame/v1/` (RUNHERE_STATIC).
        owner_name: Name of the person of one-person mode, as others see it (RUNHERE_NAME).
        log_level: Of the hub's log on standard error: debug, info, warning, error (RUNHERE_LOG_LEVEL).
        database: URL of the database (RUNHERE_DATABASE_URL); None: SQLite in the data folder.
        output_network: `none`, or `open`: outputs may load from https addresses (RUNHERE_OUTPUT_NETWORK).
        omit_outputs: Outputs of new notebooks stay at home, unless their maker has it otherwise (RUNHERE_OMIT_OUTPUTS).
        team: None: one-person mode.
    """

    host: str
    port: int
    data_dir: Path
    static_dir: Path
    owner_name: str
    log_level: str
    database: str | None = field(default=None, repr=False)  # may hold a password
    output_network: Literal["none", "open"] = "none"
    omit_outputs: bool = False
    team: Team | None = None

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
    """The settings of this start in one-person mode.

    Raises:
        SettingInvalid: The message names the setting.
    """
    host = given.host or environment.get("RUNHERE_HOST") or "127.0.0.1"
    if host.strip("[]").lower() not in LOOPBACK_HOSTS:
        raise SettingInvalid(
            f"--host {host}: Runhere in one-person mode listens on this machine only (127.0.0.1, localhost or ::1). "
            "From another machine use: ssh -N -o ExitOnForwardFailure=yes -L 8800:127.0.0.1:8800 you@this-machine"
        )
    data = given.data or environment.get("RUNHERE_DATA")
    return Settings(
        host=host.strip("[]").lower(),
        port=_port(given.port if given.port is not None else environment.get("RUNHERE_PORT", DEFAULT_PORT)),
        data_dir=Path(data).expanduser().absolute() if data else default_data_dir(),
        static_dir=_static(environment),
        owner_name=environment.get("RUNHERE_NAME") or user_name,
        log_level=_log_level("RUNHERE_LOG_LEVEL", environment.get("RUNHERE_LOG_LEVEL", "warning")),
        database=environment.get("RUNHERE_DATABASE_URL") or None,
        output_network=_output_network(environment.get("RUNHERE_OUTPUT_NETWORK")),
        omit_outputs=_flag("RUNHERE_OMIT_OUTPUTS", environment.get("RUNHERE_OMIT_OUTPUTS"), otherwise=False),
    )


def read_team(environment: Mapping[str, str], file: Path) -> Settings:
    """The settings of a hub for several people, from its file; `RUNHERE_…` variables win.

    Raises:
        SettingInvalid: The message names the file and the setting.
    """
    table = _Table(_parsed(file), file.name)
    data = table.text("data", environment.get("RUNHERE_DATA"))
    if data is None:
        raise SettingInvalid(f"{file.name} lacks data: the folder in which the hub keeps what it has.")
    host = table.text("host", environment.get("RUNHERE_HOST")) or "127.0.0.1"
    port = table.whole("port", DEFAULT_PORT)
    database = table.text("database_url", environment.get("RUNHERE_DATABASE_URL"))
    settings = Settings(
        host=host.strip("[]").lower(),
        port=_port(environment.get("RUNHERE_PORT") or port),
        data_dir=_near(file, data),
        static_dir=_static(environment),
        owner_name="",
        log_level=_log_level("log_level", table.text("log_level", environment.get("RUNHERE_LOG_LEVEL")) or "info"),
        database=database,
        output_network=_output_network(
            table.text("output_network", environment.get("RUNHERE_OUTPUT_NETWORK")), name="output_network"
        ),
        omit_outputs=_flag(
            "RUNHERE_OMIT_OUTPUTS",
            environment.get("RUNHERE_OMIT_OUTPUTS"),
            otherwise=table.flag("omit_outputs", False),
        ),
        team=_team(environment, table, file),
    )
    table.refuse_rest()
    return settings


def _flag(name: str, text: str | None, *, otherwise: bool) -> bool:
    if text not in (None, "", "true", "false", "1", "0"):
        raise SettingInvalid(f"{name}={text}: choose true or false.")
    return text in ("true", "1") if text else otherwise


def _output_network(text: str | None, *, name: str = "RUNHERE_OUTPUT_NETWORK") -> Literal["none", "open"]:
    if text not in (None, "", "none", "open"):
        raise SettingInvalid(f"{name}={text}: choose none, or open: outputs may then load from https addresses.")
    return "open" if text == "open" else "none"


def _team(environment: Mapping[str, str], table: "_Table", file: Path) -> Team:
    url = table.text("public_url", environment.get("RUNHERE_PUBLIC_URL"))
    if url is None:
        raise SettingInvalid(f"{file.name} lacks public_url: the address under which people reach this hub.")
    origin = _origin("public_url", url)
    certificate, key = table.text("tls_certificate"), table.text("tls_key")
    if (certificate is None) != (key is None):
        raise SettingInvalid("tls_certificate and tls_key belong together.")
    host = urlsplit(origin).hostname
    if table.flag("allow_plain_http", False) is False and origin.startswith("http:") and host not in LOOPBACK_HOSTS:
        raise SettingInvalid(
            f"public_url {url}: over plain http everybody on the way reads passwords and notebooks, and browsers keep "
            "such pages from runtimes on people's machines. Use https (deploy/ has examples), or, to try it out, "
            "set allow_plain_http = true."
        )
    sign_up = table.text("sign_up") or "invited"
    if sign_up not in ("invited", "open"):
        raise SettingInvalid(f'sign_up = "{sign_up}": choose "invited" or "open".')
    output_origin = table.text("output_origin")
    hosted = _hosted(environment, table)
    return Team(
        public_origin=origin,
        trusted_proxies=tuple(_network(text) for text in table.texts("trusted_proxies")),
        tls_certificate=_near(file, certificate) if certificate else None,
        tls_key=_near(file, key) if key else None,
        sign_up="open" if sign_up == "open" else "invited",
        bound_folders=tuple(_folder(part, file) for part in table.tables("bound_folders")),
        oidc=_oidc(environment, table),
        hosted=hosted,
        runtime_domain=_runtime_domain(
            table.text("runtime_domain", environment.get("RUNHERE_RUNTIME_DOMAIN")), hosted, hub_host=host
        ),
        output_origin=_origin("output_origin", output_origin) if output_origin else None,
    )


def _runtime_domain(text: str | None, hosted: Hosted | None, *, hub_host: str | None) -> str | None:
    if text is None:
        return None
    if hosted is None:
        raise SettingInvalid("runtime_domain is where hosted runtimes are, and there are none: set hosted_provider.")
    domain = text.lower().removeprefix("*.")
    if not text.startswith("*.") or not _DOMAIN.fullmatch(domain):
        raise SettingInvalid(
            f'runtime_domain = "{text}": give a wildcard without scheme and port, such as "*.rt.example.org". '
            "Scheme and port are those of public_url."
        )
    if hub_host == domain:
        raise SettingInvalid(
            f'runtime_domain = "{text}": runtimes would lie below the hub\'s own name. Choose a name beside it.'
        )
    return domain


def _oidc(environment: Mapping[str, str], table: "_Table") -> Oidc | None:
    found = table.tables("oidc")
    if not found:
        return None
    part = found[0]
    issuer, client_id = part.text("issuer"), part.text("client_id")
    secret = part.text("client_secret", environment.get("RUNHERE_OIDC_CLIENT_SECRET"))
    if issuer is None or client_id is None or secret is None:
        raise SettingInvalid("[oidc] needs issuer, client_id, and client_secret (or RUNHERE_OIDC_CLIENT_SECRET).")
    oidc = Oidc(
        issuer=issuer,
        client_id=client_id,
        client_secret=secret,
        name=part.text("name") or urlsplit(issuer).hostname or issuer,
        sign_up=part.flag("sign_up", True),
        mail_domains=frozenset(domain.lower() for domain in part.texts("mail_domains")),
    )
    part.refuse_rest()
    return oidc


def _hosted(environment: Mapping[str, str], table: "_Table") -> Hosted | None:
    provider = table.text("hosted_provider")
    found = table.tables("hosted")
    if provider is None:
        if found:
            raise SettingInvalid('[hosted] is there, and hosted_provider is not: set it to "local" or "jupyterhub".')
        return None
    part = found[0] if found else _Table({}, "[hosted]")
    if provider == "local":
        hosted = Hosted(
            provider="local",
            kernel_python=part.text("kernel_python"),
            idle_minutes=_within("idle_minutes", part.whole("idle_minutes", 60), 6, 100_000),
            memory_mib=_within("memory_mib", part.whole("memory_mib", 0), 0, 2**30) or None,
            nice=_within("nice", part.whole("nice", 10), 0, 19),
        )
    elif provider == "jupyterhub":
        url, token = part.text("url"), part.text("token", environment.get("RUNHERE_JUPYTERHUB_TOKEN"))
        if url is None or token is None or urlsplit(url).scheme not in ("http", "https"):
            raise SettingInvalid(
                "[hosted] for a JupyterHub needs url, such as https://jupyter.example.org/, "
                "and token (or RUNHERE_JUPYTERHUB_TOKEN)."
            )
        hosted = Hosted(
            provider="jupyterhub",
            url=url if url.endswith("/") else f"{url}/",
            token=token,
            server_name=part.text("server_name") or "runhere",
            profile=part.text("profile"),
        )
    else:
        raise SettingInvalid(f'hosted_provider = "{provider}": choose "local" or "jupyterhub".')
    part.refuse_rest()
    return hosted


def _within(name: str, value: int, least: int, most: int) -> int:
    if not least <= value <= most:
        raise SettingInvalid(f"[hosted] {name} = {value}: choose {least} to {most}.")
    return value


def _folder(part: "_Table", file: Path) -> AllowedFolder:
    path, owner = part.text("path"), part.text("owner")
    if path is None or owner is None:
        raise SettingInvalid("[[bound_folders]] needs path and owner (a user name).")
    part.refuse_rest()
    return AllowedFolder(str(_near(file, path)), owner.strip().lower())


class _Table:
    """A table of a TOML file: every member is asked for by name and kind; what nobody asked for is a mistake.

    `instead`: what the environment has; it wins, and the member of the file is asked for all the same.
    """

    def __init__(self, members: Mapping[str, Any], where: str) -> None:
        self._members = members
        self._where = where
        self._asked: set[str] = set()

    def text(self, name: str, instead: str | None = None) -> str | None:
        value = self._take(name)
        if value is not None and (not isinstance(value, str) or not value):
            raise self._wrong(name, "a text")
        return instead or value

    def whole(self, name: str, otherwise: int) -> int:
        value = self._take(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise self._wrong(name, "a whole number")
        return otherwise if value is None else value

    def flag(self, name: str, otherwise: bool) -> bool:
        value = self._take(name)
        if value is not None and not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return otherwise if value is None else value

    def texts(self, name: str) -> list[str]:
        value = self._take(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            raise self._wrong(name, "a list of texts")
        return value

    def tables(self, name: str) -> list["_Table"]:
        """The tables of this name: one, or a list of them."""
        value = self._take(name)
        parts = value if isinstance(value, list) else [] if value is None else [value]
        if not all(isinstance(part, dict) for part in parts):
            raise self._wrong(name, "a table")
        return [_Table(part, f"{self._where}, [{name}]") for part in parts]

    def refuse_rest(self) -> None:
        rest = sorted(set(self._members) - self._asked)
        if rest:
            raise SettingInvalid(f"{self._where}: there is no setting {', '.join(rest)}.")

    def _take(self, name: str) -> Any:
        self._asked.add(name)
        return self._members.get(name)

    def _wrong(self, name: str, kind: str) -> SettingInvalid:
        return SettingInvalid(f"{self._where}: {name} must be {kind}.")


def _parsed(file: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingInvalid(f"{file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise SettingInvalid(f"{file} is not TOML: {error}.") from error


def _near(file: Path, path: str) -> Path:
    """A path of a settings file: relative ones count from the file."""
    return (file.absolute().parent / Path(path).expanduser()).absolute()


def _origin(name: str, url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise SettingInvalid(f"{name} {url}: give scheme, host and port only, such as https://notebooks.example.org")
    default = {"http": 80, "https": 443}[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    try:
        port = parts.port
    except ValueError as error:
        raise SettingInvalid(f"{name} {url}: the port does not exist.") from error
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, default) else "")


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        raise SettingInvalid(f"trusted_proxies: {text} is no address and no network (10.0.0.0/8).") from error


def _static(environment: Mapping[str, str]) -> Path:
    static = environment.get("RUNHERE_STATIC")
    return Path(static).absolute() if static else Path(__file__).parent / "static"


def _log_level(name: str, text: str) -> str:
    level = text.lower()
    if level not in _LOG_LEVELS:
        raise SettingInvalid(f"{name}={level}: choose debug, info, warning or error.")
    return level


def _port(text: str | int) -> int:
    try:
        port = int(text)
    except ValueError as error:
        raise SettingInvalid(f"The port {text!r} is no number.") from error
    if not 0 <= port <= 65535:
        raise SettingInvalid(f"The port {port} does not exist; choose one from 1 to 65535.")
    return port
