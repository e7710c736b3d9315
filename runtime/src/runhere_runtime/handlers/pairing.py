"""Pairing, impostor check, and the list of sessions.

POST   /api/runhere/pair {code, client_name}     public, listed origins   -> {token, session_id, ...}
GET    /api/runhere/challenge?nonce&session_id   public                   -> {mac}
POST   /api/runhere/pairings {origin}            master token             -> {code, expires_at}
GET    /api/runhere/sessions                     session or master        -> {sessions: [...]}
DELETE /api/runhere/sessions/ID                  session (its own) or master
"""

from __future__ import annotations

import re
import sys
import time
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError, authenticated

from runhere_runtime.errors import PairingRefused, SessionsNotKept, SessionUnknown
from runhere_runtime.gate.rules import normalise_origin
from runhere_runtime.handlers.base import RuntimeHandler
from runhere_runtime.tokens import ABSOLUTE_S, IDLE_S

_NONCE = re.compile(r"[A-Za-z0-9_-]{16,128}")


class PairHandler(RuntimeHandler):
    @allow_unauthenticated
    def post(self) -> None:
        body = self.read_json()
        code, client = body.get("code"), body.get("client_name", "")
        if self.origin is None or not isinstance(code, str) or not isinstance(client, str):
            raise HTTPError(400, "Pairing needs an Origin and a code.")
        now = time.time()
        try:
            token, session = self.runtime.credentials.redeem(code, origin=self.origin, client=client, now=now)
        except (PairingRefused, SessionsNotKept) as refused:
            self.answer_failure(refused, refused.status)
            return
        shown = client.encode("ascii", "replace").decode()[:60]
        print(f"Paired {self.origin} as {shown!r} (session {session.id}).", file=sys.stderr, flush=True)  # noqa: T201 -- told in the terminal
        self.answer(
            {
                "token": token,
                "session_id": session.id,
                "idle_s": IDLE_S,
                "expires_at": int((now + ABSOLUTE_S) * 1000),
            }
        )


class ChallengeHandler(RuntimeHandler):
    """Proves that this is the runtime that issued the session, before the page sends its token."""

    @allow_unauthenticated
    def get(self) -> None:
        nonce = self.get_query_argument("nonce", "")
        if not _NONCE.fullmatch(nonce):
            raise HTTPError(400, "A challenge needs a nonce of 16 to 128 characters A-Z a-z 0-9 _ -.")
        host, now = self.request.headers["Host"], time.time()
        credentials = self.runtime.credentials
        session_id = self.get_query_argument("session_id", None)
        if session_id is not None:
            mac = credentials.prove(nonce=nonce, host=host, session_id=session_id, now=now)
        else:
            mac = credentials.prove_pairing(nonce=nonce, host=host, origin=self.origin or "", now=now)
        if mac is None:
            self.answer_failure(SessionUnknown("This runtime does not know that session. Pair again."), 404)
            return
        self.answer({"mac": mac})


class PairingsHandler(RuntimeHandler):
    @authenticated
    def post(self) -> None:
        if not self.by_master:
            raise HTTPError(403, "Only the master token opens pairings.")
        origin = normalise_origin(str(self.read_json().get("origin", "")))
        if origin is None or origin not in self.runtime.origins.now():
            raise HTTPError(400, "That origin is not on the list. Allow it first: runhere-runtime allow ORIGIN")
        pairing = self.runtime.credentials.open_pairing(origin=origin, now=time.time())
        self.answer({"code": pairing.code, "expires_at": int(pairing.expires_at * 1000)})


class SessionsHandler(RuntimeHandler):
    @authenticated
    def get(self) -> None:
        listed = self.runtime.credentials.sessions(time.time())
        self.answer({"sessions": [_shown(s.id, s.origin, s.client, s.kind, s.created_at, s.used_at) for s in listed]})


class SessionHandler(RuntimeHandler):
    @authenticated
    def delete(self, session_id: str) -> None:
        if not self.by_master and session_id != self.session_id:
            raise HTTPError(403, "A page may end its own session only.")
        try:
            self.runtime.credentials.revoke(session_id)
        except SessionUnknown as unknown:
            self.answer_failure(unknown, 404)
            return
        except SessionsNotKept as kept:
            self.answer_failure(kept, kept.status)
            return
        self.set_status(204)
        self.finish()


def _shown(session_id: str, origin: str, client: str, kind: str, created_at: float, used_at: float) -> dict[str, Any]:
    return {
        "id": session_id,
        "origin": origin,
        "client": client,
        "kind": kind,
        "created_at": int(created_at * 1000),
        "used_at": int(used_at * 1000),
    }


HANDLERS = [
    (r"/api/runhere/pair", PairHandler),
    (r"/api/runhere/challenge", ChallengeHandler),
    (r"/api/runhere/pairings", PairingsHandler),
    (r"/api/runhere/sessions", SessionsHandler),
    (r"/api/runhere/sessions/([0-9a-f]+)", SessionHandler),
]
