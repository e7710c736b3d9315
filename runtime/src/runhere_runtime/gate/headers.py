"""Which headers every answer carries. Pure; works on the name/value pairs of one answer."""

from __future__ import annotations

from tornado.httputil import HTTPHeaders

from runhere_runtime.gate.rules import COLAB_ORIGIN

ALLOW_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
ALLOW_HEADERS = "authorization, content-type, x-requested-by, x-xsrftoken, accept, if-none-match"
EXPOSE_HEADERS = (
    "date, etag, last-modified, content-disposition, x-runhere-first-seq, x-runhere-last-seq, x-runhere-gap"
)
_STRICT_CSP = "default-src 'none'; frame-ancestors 'none'; sandbox"


def set_cors(headers: HTTPHeaders, cors_origin: str | None) -> None:
    """Replace whatever the application said about other origins by what the gate decided."""
    for name in [n for n in headers if n.lower().startswith("access-control-")]:
        del headers[name]
    headers["Vary"] = _with_origin(headers.get("Vary"))
    if cors_origin is None:
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return
    headers["Access-Control-Allow-Origin"] = cors_origin
    headers["Access-Control-Expose-Headers"] = EXPOSE_HEADERS
    headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if cors_origin == COLAB_ORIGIN:  # its page fetches with credentials; nobody else's does
        headers["Access-Control-Allow-Credentials"] = "true"


def let_knock(headers: HTTPHeaders) -> None:
    """Let other sites see that something answers, on top of `set_cors`; what it says stays unreadable for them.

    A page that looks for a runtime knocks with a `no-cors` fetch, which bears no Origin. A same-origin resource policy
    turns every such answer into a network error, as if nothing listened. `/.well-known/runhere` keeps that policy, so
    that the page can tell a runtime that does not list it from a stock server.
    """
    headers["Cross-Origin-Resource-Policy"] = "cross-origin"


def set_preflight(headers: HTTPHeaders, *, private_network: bool) -> None:
    """What an answered preflight allows, on top of `set_cors`."""
    headers["Access-Control-Allow-Methods"] = ALLOW_METHODS
    headers["Access-Control-Allow-Headers"] = ALLOW_HEADERS
    headers["Access-Control-Max-Age"] = "600"
    if private_network:
        headers["Access-Control-Allow-Private-Network"] = "true"


def set_security(headers: HTTPHeaders) -> None:
    """Security headers of every answer. An application page keeps its own CSP, but nobody else may frame it."""
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    policy = headers.get("Content-Security-Policy")
    if policy is None:
        headers["Content-Security-Policy"] = _STRICT_CSP
    elif "frame-ancestors" not in policy:
        headers["Content-Security-Policy"] = f"{policy}; frame-ancestors 'none'"
    headers["X-Frame-Options"] = "SAMEORIGIN" if policy and "frame-ancestors 'self'" in policy else "DENY"
    if not any(name in headers for name in ("Cache-Control", "Etag", "Last-Modified")):
        headers["Cache-Control"] = "no-store"
    if "Server" in headers:
        del headers["Server"]


def _with_origin(vary: str | None) -> str:
    names = [part.strip() for part in (vary or "").split(",") if part.strip()]
    return ", ".join(names if any(n.lower() == "origin" for n in names) else [*names, "Origin"])
