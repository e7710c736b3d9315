"""What guards each route. The runtime refuses to start with a route that has no label here.

The gate denies by default; this table makes sure that somebody *looked* at every route that exists behind it. `core`
routes are ours and jupyter_server's, named by handler class. Routes of an extension that the person named with
--extension are labelled by that. `public` must agree with `rules.PUBLIC_ROUTES`.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from typing import Literal

from runhere_runtime.errors import RoutesUnlabelled

NEWEST_KNOWN = "2.21.1"
"""The jupyter_server whose routes were looked at last: that of requirements/run.txt."""

Label = Literal["public", "session"]

_JS = "jupyter_server."
_SESSION_CLASSES = {
    _JS + "auth.logout": ("LogoutHandler",),
    _JS + "base.handlers": ("TrailingSlashHandler", "FileFindHandler", "PublicStaticFileHandler", "MainHandler",
                            "PrometheusMetricsHandler", "Template404", "RedirectWithParams",
                            "AuthenticatedFileHandler"),
    _JS + "files.handlers": ("FilesHandler",),
    _JS + "kernelspecs.handlers": ("KernelSpecResourceHandler",),
    _JS + "services.api.handlers": ("APISpecHandler", "APIStatusHandler", "IdentityHandler", "PathResolverHandler"),
    _JS + "services.config.handlers": ("ConfigHandler",),
    _JS + "services.contents.handlers": ("CheckpointsHandler", "ContentsHandler", "ModifyCheckpointsHandler",
                                         "NotebooksRedirectHandler", "TrustNotebooksHandler"),
    _JS + "services.events.handlers": ("EventHandler", "SubscribeWebsocket"),
    _JS + "services.kernels.handlers": ("KernelActionHandler", "KernelHandler", "MainKernelHandler"),
    _JS + "services.kernels.websocket": ("KernelWebsocketHandler",),
    _JS + "services.kernelspecs.handlers": ("KernelSpecHandler", "MainKernelSpecHandler"),
    _JS + "services.nbconvert.handlers": ("NbconvertRootHandler",),
    _JS + "nbconvert.handlers": ("NbconvertFileHandler", "NbconvertPostHandler"),
    _JS + "services.security.handlers": ("CSPReportHandler",),
    _JS + "services.sessions.handlers": ("SessionHandler", "SessionRootHandler", "SessionsByKernelHandler"),
    _JS + "services.shutdown": ("ShutdownHandler",),
    _JS + "view.handlers": ("ViewHandler",),
    "jupyter_server_terminals.api_handlers": ("TerminalHandler", "TerminalRootHandler"),
    "jupyter_server_terminals.handlers": ("TermSocket",),
    "tornado.web": ("RedirectHandler",),
    "runhere_runtime.handlers.bridge": ("DiagnoseHandler", "HttpOverWebSocketHandler"),
    "runhere_runtime.handlers.channels": ("ChannelsHandler",),
    "runhere_runtime.handlers.environments": ("EnvironmentsHandler",),
    "runhere_runtime.handlers.info": ("InfoHandler",),
    "runhere_runtime.handlers.landing": ("LandingHandler", "LandingScriptHandler", "LandingStyleHandler"),
    "runhere_runtime.handlers.journal": ("JournalHandler", "JournalListHandler"),
    "runhere_runtime.handlers.resources": ("ColabBuildInfoHandler", "ColabDriveHandler", "ColabResourcesHandler",
                                           "ResourcesHandler", "ResourcesStreamHandler"),
    "runhere_runtime.handlers.pairing": ("PairingsHandler", "SessionsHandler", "SessionHandler"),
}  # fmt: skip
_PUBLIC_CLASSES = {
    _JS + "base.handlers": ("APIVersionHandler",),
    "runhere_runtime.handlers.info": ("WellKnownHandler",),
    "runhere_runtime.handlers.pairing": ("ChallengeHandler", "PairHandler"),
}


def _spell_out(table: dict[str, tuple[str, ...]], label: Label) -> dict[str, Label]:
    return {f"{module}.{name}": label for module, names in table.items() for name in names}


LABELS: dict[str, Label] = {**_spell_out(_SESSION_CLASSES, "session"), **_spell_out(_PUBLIC_CLASSES, "public")}


def check_labels(core: Iterable[tuple[str, str]], of_extensions: Iterable[tuple[str, str]], *, named: bool) -> None:
    """Stop the start when a route has no label.

    Args:
        core: (path pattern, qualified handler class) of the routes before extensions were loaded.
        of_extensions: The same for those that extensions added.
        named: Whether the person asked for extensions by name; without that there must be none.

    Raises:
        RoutesUnlabelled: With every such route.
    """
    missing = [f"{pattern}  {handler}" for pattern, handler in core if handler not in LABELS]
    if not named:
        missing += [f"{pattern}  {handler}" for pattern, handler in of_extensions if handler not in LABELS]
    if missing:
        raise RoutesUnlabelled(tuple(sorted(set(missing))), known=NEWEST_KNOWN, installed=version("jupyter_server"))
