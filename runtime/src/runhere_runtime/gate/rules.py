"""Who may pass the gate: `decide(facts, policy, authenticate) -> Verdict`. Pure; no socket, no clock.

Order, first refusal wins:  Host -> Origin -> Sec-Fetch-Site -> request line -> preflight -> public routes
-> credentials -> size.  An origin that is not on the list is refused even with a valid token.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs, unquote_plus, urlsplit

from runhere_runtime.tokens import Grant

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
COLAB_ORIGIN = "https://colab.research.google.com"
HOW_IN_COLAB = "In Colab choose Connect ▸ Connect to a local runtime… and paste the address that was printed."
"""Its page knows no links that connect."""
MAX_ORIGIN_CHARS = 512
MAX_TARGET_CHARS = 16_384

_HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?")
_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?")
_TARGET = re.compile(r"/[\x21-\x22\x24-\x5b\x5d-\x7e]*")  # printable ASCII, but no '#' and no backslash
_CARRIER = re.compile(r"(?:token|bearer)\s+(\S+)", re.IGNORECASE)
SUBPROTOCOL_TOKEN = "runhere.token."


@dataclass(frozen=True)
class Policy:
    """What this runtime accepts.

    Attributes:
        hosts: Lower-case names without port; any port passes, for a tunnel may change it.
        origins: Exact origins of pages that may connect.
        own_origins: Origins of this runtime beside `http://<Host>`: those of --public-url.
        max_body_bytes: Of one HTTP request.
    """

    hosts: frozenset[str]
    origins: frozenset[str]
    own_origins: frozenset[str]
    max_body_bytes: int


@dataclass(frozen=True)
class Facts:
    """One request, as far as the rules look at it. Header values are those received, in order."""

    method: str
    target: str
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    fetch_site: str | None = None
    fetch_mode: str | None = None
    authorization: str | None = None
    subprotocols: tuple[str, ...] = ()
    cookie_token: str | None = None
    websocket: bool = False
    content_length: int = 0
    private_network: bool = False
    wants_html: bool = False


Carrier = Literal["header", "subprotocol", "query", "cookie"]


@dataclass(frozen=True)
class Pass:
    """Let it through.

    Attributes:
        target: The target without token; what the application sees.
        grant: None on the public routes.
        cors_origin: Goes into Access-Control-Allow-Origin; None: no CORS headers.
        own_origin: `http://host:port` the client dialled; a cookie is bound to it.
        clean_url: The page should be redirected to `target`, with a cookie, so that the token leaves the address bar.
    """

    target: str
    grant: Grant | None
    cors_origin: str | None
    own_origin: str
    clean_url: bool = False


@dataclass(frozen=True)
class Preflight:
    """Answer 204 for any path."""

    cors_origin: str
    private_network: bool


@dataclass(frozen=True)
class Refuse:
    """Answer with this status; `code` None means an empty body: the asker learns nothing."""

    status: int
    code: str | None = None
    message: str = ""
    cors_origin: str | None = None
    html: bool = False


Verdict = Pass | Preflight | Refuse
Authenticate = Callable[[str, str | None], Grant | None]

PUBLIC_ROUTES = frozenset(
    {
        ("GET", "/.well-known/runhere"),
        ("GET", "/api"),
        ("GET", "/api/runhere/challenge"),
        ("POST", "/api/runhere/pair"),
    }
)


def decide(facts: Facts, policy: Policy, authenticate: Authenticate) -> Verdict:
    """The verdict on one request. `authenticate(token, origin)` says who a token is, for that origin."""
    host = parse_host(facts.hosts)
    if host is None:
        return Refuse(400)
    if host[0] not in policy.hosts:
        return Refuse(421)
    own = "http://" + "".join(host)
    refused = _refuse_origin(facts, policy, own)
    if refused:
        return refused
    origin = facts.origins[0] if facts.origins else None
    cors = origin if origin in policy.origins else None
    if facts.method not in METHODS:
        return Refuse(405, "method_unknown", f"{' '.join(sorted(METHODS))} are understood.", cors)
    if len(facts.target) > MAX_TARGET_CHARS or not _TARGET.fullmatch(facts.target):
        return Refuse(400, "target_invalid", "The address of this request cannot be understood.", cors)
    if facts.method == "OPTIONS" and origin is not None:
        return Preflight(cors_origin=origin, private_network=facts.private_network)
    return _decide_credentials(facts, policy, authenticate, origin=origin, cors=cors, own=own)


def _refuse_origin(facts: Facts, policy: Policy, own: str) -> Refuse | None:
    if len(facts.origins) > 1:
        return Refuse(400)
    if facts.origins:
        origin = facts.origins[0]
        if len(origin) > MAX_ORIGIN_CHARS or not origin.isascii() or not origin.isprintable():
            return Refuse(400)
        if not is_origin_listed(origin, policy, own):
            return Refuse(403)
        return None
    if facts.fetch_site in ("cross-site", "same-site"):
        # A browser that leaves Origin out (images, scripts, frames, no-cors) is still another site asking.
        return None if _is_arrival(facts) else Refuse(403)
    return None


def _is_arrival(facts: Facts) -> bool:
    """A link from another site that leads here as a top-level page; it carries no authority (see credentials)."""
    return facts.fetch_mode == "navigate" and facts.method == "GET" and split_target(facts.target)[0] == "/"


def is_origin_listed(origin: str, policy: Policy, own: str) -> bool:
    """Whether pages of `origin` may talk to the runtime that was dialled as `own`."""
    return origin in policy.origins or origin == own or origin in policy.own_origins


def _decide_credentials(
    facts: Facts, policy: Policy, authenticate: Authenticate, *, origin: str | None, cors: str | None, own: str
) -> Verdict:
    path, query_token, target = split_target(facts.target)
    if facts.content_length > policy.max_body_bytes:
        limit_mib = policy.max_body_bytes // 2**20
        return Refuse(413, "too_large", f"A request may hold {limit_mib} MiB; send the file in parts.", cors)
    carrier, token = _find_token(facts, query_token)
    grant = None
    if carrier and _may_carry(carrier, facts, origin=origin, own=own, policy=policy):
        bound_to = own if carrier == "cookie" else origin
        grant = authenticate(token, bound_to)
    if grant is not None:
        clean = carrier == "query" and facts.fetch_mode == "navigate" and facts.method == "GET"
        return Pass(target, grant, cors, own, clean_url=clean)
    if (facts.method, path) in PUBLIC_ROUTES and not facts.websocket:
        return Pass(target, None, cors, own)
    return _refuse_credentials(facts, carrier=carrier, cors=cors)


def _find_token(facts: Facts, query_token: str | None) -> tuple[Carrier | None, str]:
    """The first carrier that holds a token: header, subprotocol, query, cookie."""
    found = _CARRIER.fullmatch(facts.authorization.strip()) if facts.authorization else None
    if found:
        return "header", found.group(1)
    for name in facts.subprotocols:
        if name.startswith(SUBPROTOCOL_TOKEN):
            return "subprotocol", name[len(SUBPROTOCOL_TOKEN) :]
    if query_token:
        return "query", query_token
    if facts.cookie_token:
        return "cookie", facts.cookie_token
    return None, ""


def _may_carry(carrier: Carrier, facts: Facts, *, origin: str | None, own: str, policy: Policy) -> bool:
    """Whether the request may use this kind of credential at all."""
    if carrier in ("header", "subprotocol"):
        return True
    if facts.fetch_site in ("cross-site", "same-site") and origin is None:
        return False
    if carrier == "query":
        return True
    if origin is not None:
        return origin == own or origin in policy.own_origins
    if facts.websocket or facts.method not in SAFE_METHODS:
        return facts.fetch_site == "same-origin"
    return True


def _refuse_credentials(facts: Facts, *, carrier: Carrier | None, cors: str | None) -> Refuse:
    if carrier:
        message = "The token was not accepted. Copy the newest link from the terminal in which the runtime runs."
        return Refuse(401, "token_wrong", message, cors, html=facts.wants_html)
    message = "A token is needed. Open the link that runhere-runtime printed in its terminal."
    return Refuse(401, "token_needed", message, cors, html=facts.wants_html)


def parse_host(values: tuple[str, ...]) -> tuple[str, str] | None:
    """(lower-case name, ':port' or '') of the Host header; None when it is missing, doubled or malformed."""
    if len(values) != 1:
        return None
    found = _HOST.fullmatch(values[0])
    if found is None:
        return None
    port = found.group("port")
    if port is not None and not 0 < int(port) < 65_536:
        return None
    return found.group("name").lower(), "" if port is None or port == "80" else f":{port}"


BRIDGE = "/http_over_websocket"
BRIDGED_SOCKET = BRIDGE + "/proxied_ws"
# Colab's older page names here the link that was printed: with the token.
_AUTH_URL = "jupyter_http_over_ws_auth_url"


def split_target(target: str) -> tuple[str, str | None, str]:
    """(path, token of the query or None, target without any token in its query).

    A socket that is asked for through the bridge is that socket: `/http_over_websocket/proxied_ws/PATH` becomes
    `/PATH`.
    """
    path, mark, query = target.partition("?")
    is_bridged = path.startswith(BRIDGE)
    if path.startswith(BRIDGED_SOCKET + "/"):
        path = "/" + path.removeprefix(BRIDGED_SOCKET).lstrip("/")
        target = path + mark + query
    if not mark:
        return path, None, target
    token = None
    kept = []
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if unquote_plus(name) == "token":
            token = token or unquote_plus(value)
        elif unquote_plus(name) == _AUTH_URL and is_bridged:
            token = token or _token_in(unquote_plus(value))
        else:
            kept.append(part)
    return path, token, path + ("?" + "&".join(kept) if any(kept) else "")


def _token_in(url: str) -> str | None:
    """The token of a link, whatever host it names: it is not called. None: there is none, or it is no link."""
    try:
        found = parse_qs(urlsplit(url).query).get("token")
    except ValueError:
        return None
    return found[0] if found else None


def normalise_origin(text: str) -> str | None:
    """The origin as browsers write it ("https://hub.example", no path, no default port), or None if it is none."""
    try:
        parts = urlsplit(text.strip().rstrip("/").lower())
    except ValueError:
        return None
    if parts.path or parts.query or parts.fragment or parts.username:
        return None
    origin = f"{parts.scheme}://{parts.netloc}"
    default = {"http": ":80", "https": ":443"}.get(parts.scheme)
    if default:
        origin = origin.removesuffix(default)
    return origin if _ORIGIN.fullmatch(origin) else None
