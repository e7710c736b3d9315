"""Security headers of every answer: pure functions of the host under which the hub was reached.

Sources: architecture §10, security.md §4.6 and §4.8 of the design.
"""

FRAME_PATH = "/frame/v1/"

# No "bluetooth": Chromium 156 does not know it here and says so in everybody's console.
_FEATURES_OFF = "camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=(), midi=(), payment=()"
_LOCAL_NETWORK = ("loopback-network", "local-network", "local-network-access")


def _policy(directives: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}".strip() for name, value in directives.items())


def page_csp(origin: str, *, style_nonce: str | None = None, runtimes: str | None = None) -> str:
    """What the page may do. `runtimes`: origins of hosted runtimes, where they are not below `origin`.

    `frame-src` names exactly the path of output frames: with 'self' an output could navigate its frame to the API.
    `connect-src` names loopback because runtimes live there; CSP has no way to name [::1].
    Constructed style sheets need no permission. CodeMirror and React Aria make style elements at run time: only those
    that bear the nonce of this one answer are taken.
    """
    ws_origin = origin.replace("http", "ws", 1)
    hosted = f" {runtimes} {runtimes.replace('http', 'ws', 1)}" if runtimes else ""
    loopback = "http://127.0.0.1:* http://localhost:* ws://127.0.0.1:* ws://localhost:*"
    return _policy(
        {
            "default-src": "'none'",
            "script-src": "'self'",
            "style-src": f"'self' 'nonce-{style_nonce}'" if style_nonce else "'self'",
            "font-src": "'self'",
            "img-src": "'self' data: blob:",
            "media-src": "blob: data:",
            "worker-src": "'self'",
            "manifest-src": "'self'",
            "connect-src": f"'self' {ws_origin} {loopback}{hosted}",
            "frame-src": f"{origin}{FRAME_PATH}",
            "object-src": "'none'",
            "base-uri": "'none'",
            "form-action": "'none'",
            "frame-ancestors": "'none'",
            "require-trusted-types-for": "'script'",
            "trusted-types": "rh-html rh-worker",
        }
    )


def frame_csp(origin: str, *, network: bool = False) -> str:
    """What an output frame may do. `sandbox` makes its origin opaque even when it is opened by itself.

    With `network` it may load from https addresses: maps, pictures, pages in frames of their own. Never by plain http:
    there are runtimes and other servers of people's machines.
    """
    own = f"{origin}{FRAME_PATH}"
    far = " https:" if network else ""
    return _policy(
        {
            "sandbox": "allow-scripts",
            "default-src": "'none'",
            "script-src": f"'unsafe-inline' 'unsafe-eval' blob: {own}{far}",
            "style-src": f"'unsafe-inline' {own}{far}",
            "img-src": f"data: blob: {own}{far}",
            "font-src": f"data: {own}{far}",
            "media-src": f"data: blob:{far}",
            "worker-src": "blob:",
            "connect-src": "https: wss:" if network else "'none'",
            "frame-src": "https:" if network else "'none'",
            "form-action": "'none'",
            "base-uri": "'none'",
            "frame-ancestors": origin,
        }
    )


_API_CSP = "default-src 'none'; frame-ancestors 'none'; sandbox"


_A_YEAR_OF_TLS = "max-age=31536000"


def _everywhere(origin: str) -> dict[str, str]:
    return {
        **({"Strict-Transport-Security": _A_YEAR_OF_TLS} if origin.startswith("https:") else {}),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def for_path(path: str, origin: str, *, output_network: bool = False, runtimes: str | None = None) -> dict[str, str]:
    """Headers of the answer at a path; an answer may set `Cache-Control` itself. `runtimes`: see `page_csp`."""
    local = ", ".join(f"{name}=(self)" for name in _LOCAL_NETWORK)
    nowhere = ", ".join(f"{name}=()" for name in _LOCAL_NETWORK)
    if path.startswith(FRAME_PATH):
        return {
            **_everywhere(origin),
            "Content-Security-Policy": frame_csp(origin, network=output_network),
            "Permissions-Policy": f"{nowhere}, {_FEATURES_OFF}, clipboard-read=(), clipboard-write=()",
            # An opaque origin loads its own modules and fonts across origins; these files are the same for everybody.
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Access-Control-Allow-Origin": "*",
        }
    is_api = path.startswith(("/api/", "/rt/"))
    return {
        **_everywhere(origin),
        "Content-Security-Policy": _API_CSP if is_api else page_csp(origin, runtimes=runtimes),
        "Permissions-Policy": f"{local}, {_FEATURES_OFF}, clipboard-read=(self)",
        "Cross-Origin-Resource-Policy": "same-origin",
        **({"Cache-Control": "no-store"} if is_api else {}),
        **({"X-Robots-Tag": "noindex"} if path.startswith("/s/") else {}),
    }


_READABLE = "accept-ranges, content-range, etag, x-runhere-first-seq, x-runhere-last-seq, x-runhere-gap"


def at_runtime(path: str, origin: str, *, asked_by: str | None) -> dict[str, str]:
    """Headers of an answer at a runtime's own host: the hub's page, of `origin`, may read it, and nobody else.

    No credentials: the page shows its pass in a header, and cookies count for nothing there.
    """
    theirs = {**for_path(path, origin), "Vary": "Origin"}
    if asked_by != origin:
        return theirs
    return {**theirs, "Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": _READABLE}


PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": "authorization, content-type, range",
    "Access-Control-Max-Age": "600",
}
"""What the page may ask of a runtime's own host."""
