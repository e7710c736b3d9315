"""What the hub logs, at its most talkative: no code, no token, no query."""

from collections.abc import Callable
from pathlib import Path

from runhere_hub.testing.processes import Started, ask, sign_in


def test_the_log_holds_requests_but_no_secret_and_no_query(
    start: Callable[..., Started], work: Path, tmp_path: Path
) -> None:
    words = [work, "--port", "0", "--no-browser", "--no-runtime", "--data", tmp_path / "data"]
    started = start(*words, RUNHERE_LOG_LEVEL="debug")
    hub = sign_in(started)
    token = hub.cookie.partition("=")[2]
    hub.ask("GET", "/api/v1/search?q=QUERY-CANARY")
    hub.ask("GET", "/login?code=CODE-CANARY&token=TOKEN-CANARY")
    hub.ask("GET", "/api/v1/nothing?QUERY-CANARY")
    ask(hub.origin, "POST", "/api/v1/session", {"code": "CODE-CANARY"})
    ask(hub.origin, "POST", "/api/v1/session", {"CODE-CANARY": 1})
    ask(hub.origin, "GET", "/api/v1/home", Cookie=f"{hub.cookie.partition('=')[0]}=TOKEN-CANARY")
    ask(hub.origin, "POST", "/api/v1/control/bind", {"path": "/"}, Authorization="Bearer TOKEN-CANARY")
    assert started.stop() == 0
    log = "".join(started.err)
    assert "GET /api/v1/search 200" in log
    for secret in (token, "CANARY", "login#code"):
        assert secret not in log
