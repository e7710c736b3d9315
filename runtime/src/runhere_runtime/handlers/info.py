"""What this runtime is: the discovery route, the capability document, the landing page."""

from __future__ import annotations

import os
import platform
import sys
from html import escape
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import authenticated

from runhere_runtime.handlers.base import RuntimeHandler

PROTOCOL = 1
FEATURES = ("journal", "pairing", "challenge", "terminals")


class WellKnownHandler(RuntimeHandler):
    """The one thing that a listed page may read without a token."""

    @allow_unauthenticated
    def get(self) -> None:
        self.answer(
            {"name": "runhere-runtime", "protocol": PROTOCOL, "version": self.runtime.version, "needs": "pairing"}
        )


class InfoHandler(RuntimeHandler):
    """Versions, features, root folder and kernels, for a page that is connected."""

    @authenticated
    async def get(self) -> None:
        specs = await ensure_async(self.kernel_spec_manager.get_all_specs())
        self.answer(
            {
                "name": "runhere-runtime",
                "protocol": PROTOCOL,
                "version": self.runtime.version,
                "features": list(FEATURES),
                "subprotocols": ["runhere.journal.v1", "v1.kernel.websocket.jupyter.org"],
                "root_dir": str(self.runtime.root),
                "origin": self.runtime.origin,
                "journal_bytes": self.runtime.journals.limit_bytes,
                "platform": {"system": platform.system(), "machine": platform.machine(), "host": platform.node()},
                "python": sys.version.split()[0],
                "pid": os.getpid(),
                "default_kernel": self.kernel_manager.default_kernel_name,
                "kernelspecs": {name: _spec(spec) for name, spec in specs.items()},
            }
        )


def _spec(found: dict[str, Any]) -> dict[str, Any]:
    spec = found["spec"]
    return {
        "display_name": spec.get("display_name", ""),
        "language": spec.get("language", ""),
        "interrupt_mode": spec.get("interrupt_mode", "signal"),
        "metadata": spec.get("metadata", {}),
    }


_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Runhere runtime</title>
<link rel="stylesheet" href="/api/runhere/landing.css">
<main>
<h1>This runtime is ready</h1>
<p>Files: <code>{root}</code><br>Kernels running: {kernels}</p>
<p>To use it, paste this link into <b>Connect to a local runtime…</b></p>
<p class="row"><input id="link" readonly aria-label="Link of this runtime" value="{link}">
<button id="copy">Copy</button></p>
<p>Whoever has this link can run programs as you on this machine. Keep it to yourself.</p>
<h2>Pages that may connect</h2>
<ul>{origins}</ul>
<p>Another page: <code>runhere-runtime allow ORIGIN</code></p>
</main>
<script src="/api/runhere/landing.js"></script>
</html>
"""
_SCRIPT = """"use strict";
const link = document.getElementById("link");
document.getElementById("copy").addEventListener("click", async (event) => {
  await navigator.clipboard.writeText(link.value);
  event.target.textContent = "Copied";
});
link.addEventListener("focus", () => link.select());
if (location.search) history.replaceState(null, "", location.pathname);
"""
_STYLE = """body { font: 16px/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 42rem; padding: 0 1rem;
  color: CanvasText; background: Canvas; color-scheme: light dark }
.row { display: flex; gap: .5rem } input { flex: 1; font: 14px ui-monospace, monospace; padding: .4rem }
button { padding: .4rem 1rem }
"""


class LandingHandler(RuntimeHandler):
    """What a browser shows at the printed link. The gate has taken the token out of the address already."""

    @property
    def content_security_policy(self) -> str:
        return (
            "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'"
        )

    @authenticated
    def get(self) -> None:
        origins = "".join(f"<li>{escape(o)}</li>" for o in sorted(self.runtime.origins.now())) or "<li>none yet</li>"
        link = f"{self.runtime.origin}/?token={self.runtime.credentials.master}"
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(
            _PAGE.format(
                root=escape(str(self.runtime.root)),
                kernels=len(self.kernel_manager.list_kernel_ids()),
                link=escape(link),
                origins=origins,
            )
        )


class LandingScriptHandler(RuntimeHandler):
    @authenticated
    def get(self) -> None:
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.finish(_SCRIPT)


class LandingStyleHandler(RuntimeHandler):
    @authenticated
    def get(self) -> None:
        self.set_header("Content-Type", "text/css; charset=utf-8")
        self.finish(_STYLE)


HANDLERS = [
    (r"/\.well-known/runhere", WellKnownHandler),
    (r"/api/runhere/info", InfoHandler),
    (r"/api/runhere/landing.js", LandingScriptHandler),
    (r"/api/runhere/landing.css", LandingStyleHandler),
    (r"/", LandingHandler),
]
