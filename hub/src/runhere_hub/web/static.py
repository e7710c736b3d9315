"""The built page, its assets, and the output frame, from one folder.

static/page/index.html          every address of the page: never cached, its nonce is new each time
static/page/notebook.html       the same document for a notebook's address; it names the notebook's code beforehand
static/page/assets/*            names hold a hash: cached for ever; .br and .gz beside a file are sent when accepted
static/frame/v1/*               the output frame, under its own headers (web/headers.py)
"""

import os
import secrets
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response

from runhere_hub.core.errors import NotFound
from runhere_hub.web.deps import own_origin
from runhere_hub.web.headers import page_csp
from runhere_hub.web.labels import Routes, Who
from runhere_hub.web.runtime_hosts import RuntimeHosts

NOT_BUILT = (
    "The page of Runhere is not built yet. From a clone run `make run` once, which builds it; "
    "an installed `runhere` carries it."
)
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
# What the system's table says differs between machines, and modules with the wrong type do not run.
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}
_TOP_FILES = frozenset({"favicon.ico", "icon.svg", "manifest.webmanifest", "robots.txt"})
_NOTHING = "There is nothing at this address."
# Invitations, share links, the way back from the identity provider, one's account.
_TEAM_PATHS = ("/join", "/s/{link_id}", "/signed-in", "/account", "/people")
NONCE_PLACE = "__CSP_NONCE__"
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_FIRST = "no-cache"


def static_routes(static_dir: Path, *, is_for_team: bool = False, runtime_hosts: RuntimeHosts | None = None) -> Routes:
    """Routes of the page below `static_dir`; anybody may load them, they hold nothing of anybody."""
    routes = Routes(tag="page")
    runtimes = None if runtime_hosts is None else runtime_hosts.any_origin
    page, frame = static_dir / "page", static_dir / "frame" / "v1"

    def index(request: Request) -> Response:
        return _index(page / "index.html", request, runtimes)

    # The page routes by itself: each of its addresses is the same document.
    for path in ("/", "/login", "/connect", *(_TEAM_PATHS if is_for_team else ())):
        routes.add("GET", path, who=Who.ANYONE, in_schema=False)(index)

    @routes.add("GET", "/n/{notebook_id}", who=Who.ANYONE, in_schema=False)
    def notebook(request: Request) -> Response:
        own = page / "notebook.html"
        return _index(own if own.is_file() else page / "index.html", request, runtimes)

    @routes.add("GET", "/assets/{path:path}", who=Who.ANYONE, in_schema=False)
    def asset(path: str, request: Request) -> Response:
        return _file(page / "assets", path, request, cache=_FOR_EVER)

    @routes.add("GET", "/frame/v1/{path:path}", who=Who.ANYONE, in_schema=False)
    def frame_file(path: str, request: Request) -> Response:
        return _file(frame, path, request, cache=_FOR_EVER if path.startswith("assets/") else _ASK_FIRST)

    @routes.add("GET", "/{name}", who=Who.ANYONE, in_schema=False)
    def top_file(name: str, request: Request) -> Response:
        if name not in _TOP_FILES:
            raise NotFound(_NOTHING)
        return _file(page, name, request, cache=_ASK_FIRST)

    return routes


def _index(file: Path, request: Request, runtimes: str | None) -> Response:
    """The page, with a fresh nonce for the style elements that its libraries make at run time."""
    if not file.is_file():
        return PlainTextResponse(NOT_BUILT, status_code=503)
    nonce = secrets.token_urlsafe(18)
    html = file.read_text(encoding="utf-8").replace(NONCE_PLACE, nonce)
    csp = page_csp(own_origin(request), style_nonce=nonce, runtimes=runtimes)
    return HTMLResponse(html, headers={"Cache-Control": "no-store", "Content-Security-Policy": csp})


def _file(root: Path, path: str, request: Request, *, cache: str) -> Response:
    """A file below `root`, compressed beforehand where that is there and accepted.

    Raises:
        NotFound: None of this name, a folder, or a path that leads out.
    """
    real_root = os.path.realpath(root)
    file = os.path.realpath(os.path.join(real_root, path)) if "\0" not in path else ""
    if not file.startswith(os.path.join(real_root, "")) or not os.path.isfile(file):
        raise NotFound(_NOTHING)
    suffix = os.path.splitext(file)[1]
    if suffix == ".map":
        raise NotFound(_NOTHING)
    headers = {"Cache-Control": cache, "Vary": "Accept-Encoding"}
    media_type = _TYPES.get(suffix, "application/octet-stream")
    accepted = {word.partition(";")[0].strip() for word in request.headers.get("accept-encoding", "").split(",")}
    for encoding, ending in _ENCODINGS:
        if encoding in accepted and os.path.isfile(file + ending):
            return FileResponse(file + ending, headers={**headers, "Content-Encoding": encoding}, media_type=media_type)
    return FileResponse(file, headers=headers, media_type=media_type)
