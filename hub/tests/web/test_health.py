"""Probes: 200 while the hub does its work, 503 with a reason while its database does not."""

import threading

import pytest

from runhere_hub.services import health
from runhere_hub.store import audit
from runhere_hub.store.session import Connection
from runhere_hub.testing.serving import Hub


async def test_a_database_that_does_not_answer_is_told_in_time(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on = threading.Event()

    def stuck(_conn: Connection) -> int:
        assert goes_on.wait(30)
        return 0

    assert (await hub.stranger.get("/healthz")).status_code == 200
    with monkeypatch.context() as patch:
        patch.setattr(audit, "last", stuck)
        patch.setattr(health, "DATABASE_WITHIN_S", 0.05)
        answer = await hub.stranger.get("/healthz")
        goes_on.set()
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "database does not answer" in answer.json()["message"]
    assert (await hub.stranger.get("/healthz")).json()["status"] == "ok"
