"""Print the route table of a runtime as it would serve: [[pattern, handler class, is a WebSocket, methods], ...]."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from tornado.web import RequestHandler
from tornado.websocket import WebSocketHandler

from runhere_runtime.launcher import Options, start_server
from runhere_runtime.places import Places

METHODS = ("get", "head", "post", "put", "patch", "delete")


def walk(rules: list[Any]) -> list[list[Any]]:
    found: list[list[Any]] = []
    for rule in rules:
        nested = getattr(rule.target, "rules", None)
        if nested is not None:
            found += walk(nested)
        elif isinstance(rule.target, type) and issubclass(rule.target, RequestHandler):
            pattern = getattr(getattr(rule.matcher, "regex", None), "pattern", None)
            methods = [m.upper() for m in METHODS if getattr(rule.target, m) is not getattr(RequestHandler, m)]
            if pattern:
                found.append([pattern, rule.target.__name__, issubclass(rule.target, WebSocketHandler), methods])
    return found


def main(folder: Path) -> None:
    asyncio.set_event_loop(asyncio.new_event_loop())
    server, _ = start_server(Options(port=0, hubs=(), root=folder), Places(folder / "data"))
    router = server.web_app
    sys.stdout.write(json.dumps(walk([*router.default_router.rules, *router.wildcard_router.rules])))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
