"""Who may talk to this runtime: one master token, session tokens of paired browsers, pairing codes.

Invariants: the master token lives in memory and in one file of mode 0600, never in an argument list, an
environment or a log. Of a session token only its SHA-256 is kept. A session token counts only together with
the origin it was issued to. Time comes in as an argument (seconds since 1970), so every rule is tested without a clock.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from runhere_runtime.errors import PairingRefused, SessionsNotKept, SessionUnknown
from runhere_runtime.private_files import WANT_OF_ROOM, read_private, write_private

TOKEN_PREFIX = "rhrt_"
IDLE_S = 12 * 3600
ABSOLUTE_S = 7 * 24 * 3600
PAIRING_S = 5 * 60
PAIRING_TRIES = 5
_CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
_TOKEN_PATTERN = re.compile(TOKEN_PREFIX + r"[A-Za-z0-9_-]{20,}")

SessionKind = Literal["paired", "browser"]


@dataclass(frozen=True)
class Session:
    """What one paired page, or one browser tab on our own landing page, may use.

    Attributes:
        id: Public handle, for listing and revoking.
        key: Hex SHA-256 of the token: compares tokens and signs challenges.
        origin: The only origin that may use the token.
        kind: `browser` sessions come from our own cookie and are never written to disk.
        created_at: Seconds since 1970; `used_at` too.
    """

    id: str
    key: str
    origin: str
    client: str
    kind: SessionKind
    created_at: float
    used_at: float


@dataclass(frozen=True)
class Grant:
    """A successful authentication. `session_id` is None for the master token."""

    session_id: str | None


@dataclass(frozen=True)
class Pairing:
    code: str
    origin: str
    expires_at: float


def new_token() -> str:
    """A token of 256 random bits."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def new_code() -> str:
    """A pairing code of 80 random bits, in four groups.

    80 bits and not 40: the code is also the key of the first challenge, and 40 could be searched offline in minutes.
    """
    letters = "".join(secrets.choice(_CODE_ALPHABET) for _ in range(16))
    return "-".join(letters[i : i + 4] for i in range(0, 16, 4))


def token_key(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def redact(text: str) -> str:
    """The text without any of our tokens in it."""
    return _TOKEN_PATTERN.sub(TOKEN_PREFIX + "[redacted]", text)


def challenge_mac(key: str, *, nonce: str, host: str) -> str:
    """Proof of knowing `key`: hex HMAC-SHA256 over nonce and the Host the client dialled."""
    return hmac.new(key.encode(), f"runhere-challenge\n{nonce}\n{host}".encode(), hashlib.sha256).hexdigest()


def is_alive(session: Session, now: float) -> bool:
    return now - session.used_at < IDLE_S and now - session.created_at < ABSOLUTE_S


class Credentials:
    """Holds the secrets of one running runtime. Used from the event loop only."""

    def __init__(self, *, master: str, sessions_file: Path | None, tell: Callable[[str], None]) -> None:
        """`sessions_file` keeps paired sessions over a restart; None keeps them in memory. `tell`: a person here."""
        self.master = master
        self._tell = tell
        self._told_unkept = False
        self._file = sessions_file
        self._sessions: dict[str, Session] = {}
        self._pairings: dict[str, Pairing] = {}
        self._spent: dict[str, float] = {}
        self._wrong_tries = 0
        self._saved_at = 0.0
        for session in _read_sessions(sessions_file):
            self._sessions[session.key] = session

    def authenticate(self, token: str, origin: str | None, now: float) -> Grant | None:
        """Who this token is, when it comes from `origin` (None: the request named none)."""
        if hmac.compare_digest(token.encode(), self.master.encode()):
            return Grant(session_id=None)
        session = self._sessions.get(token_key(token))
        if session is None or session.origin != origin:
            return None
        if not is_alive(session, now):
            self._drop(session)
            return None
        self._sessions[session.key] = replace(session, used_at=now)
        if session.kind == "paired" and now - self._saved_at > 60:
            self._save_use(now)
        return Grant(session_id=session.id)

    def open_session(self, *, origin: str, client: str, kind: SessionKind, now: float) -> tuple[str, Session]:
        """A new session and its token, which exists nowhere else.

        Raises:
            SessionsNotKept: There is no new session, here or on the disk.
        """
        token = new_token()
        session = Session(
            id=secrets.token_hex(6),
            key=token_key(token),
            origin=origin,
            client=client[:80],
            kind=kind,
            created_at=now,
            used_at=now,
        )
        self._sessions[session.key] = session
        if kind == "paired":
            self._save_new(session, now)
        return token, session

    def open_pairing(self, *, origin: str, now: float) -> Pairing:
        """A code that the page at `origin` may exchange once within five minutes."""
        pairing = Pairing(code=new_code(), origin=origin, expires_at=now + PAIRING_S)
        if not self._live_pairings(now):
            self._wrong_tries = 0
        self._pairings[pairing.code] = pairing
        return pairing

    def redeem(self, code: str, *, origin: str, client: str, now: float) -> tuple[str, Session]:
        """Exchange a pairing code for a session.

        Raises:
            PairingRefused: Nothing was issued. After five wrong tries every open code is void.
            SessionsNotKept: Nothing was issued, and the code is as good as before.
        """
        code = code.strip().upper()
        if code in self._spent:
            raise PairingRefused("code_used", "This pairing code was used already. Ask for a new link.", status=410)
        pairing = self._pairings.get(code)
        if pairing is not None and pairing.expires_at <= now:
            del self._pairings[code]
            self._spent[code] = now
            raise PairingRefused(
                "code_expired", "This pairing code is older than five minutes. Ask for a new link.", status=410
            )
        if pairing is None or pairing.origin != origin:
            self._count_wrong_try()
            raise PairingRefused("code_wrong", "This pairing code is not valid for this page.", status=403)
        opened = self.open_session(origin=origin, client=client, kind="paired", now=now)
        del self._pairings[code]
        self._spent[code] = now
        return opened

    def prove(self, *, nonce: str, host: str, session_id: str, now: float) -> str | None:
        """Answer a challenge with a session's key; None when there is no such session.

        A page asks this before it sends anything secret: another program on the port cannot answer.
        """
        for session in self.sessions(now):
            if session.id == session_id:
                return challenge_mac(session.key, nonce=nonce, host=host)
        return None

    def prove_pairing(self, *, nonce: str, host: str, origin: str, now: float) -> str | None:
        """As `prove`, with the newest open pairing code of `origin` as the key."""
        for pairing in reversed(self._live_pairings(now)):
            if pairing.origin == origin:
                return challenge_mac(token_key(pairing.code), nonce=nonce, host=host)
        return None

    def sessions(self, now: float) -> tuple[Session, ...]:
        return tuple(s for s in self._sessions.values() if is_alive(s, now))

    def revoke(self, session_id: str) -> None:
        """End one session; its token is refused from now on.

        Raises:
            SessionUnknown: No session has this id; nothing changed.
            SessionsNotKept: It has ended here; the next runtime on this port would let it in.
        """
        for session in list(self._sessions.values()):
            if session.id == session_id:
                self._drop(session)
                self._save_without(session)
                return
        raise SessionUnknown(f"There is no session {session_id}. `runhere-runtime sessions` lists them.")

    def _live_pairings(self, now: float) -> list[Pairing]:
        return [p for p in self._pairings.values() if p.expires_at > now]

    def _count_wrong_try(self) -> None:
        self._wrong_tries += 1
        if self._wrong_tries >= PAIRING_TRIES:
            self._pairings.clear()

    def _drop(self, session: Session) -> None:
        self._sessions.pop(session.key, None)

    def _save(self, now: float) -> None:
        self._saved_at = now
        if self._file is None:
            return
        kept = [asdict(s) for s in self._sessions.values() if s.kind == "paired" and is_alive(s, now)]
        write_private(self._file, json.dumps({"sessions": kept}))
        self._told_unkept = False

    def _save_new(self, session: Session, now: float) -> None:
        try:
            self._save(now)
        except OSError as error:
            self._drop(session)
            raise _not_kept(
                error,
                f"The pairing was not made: its list, {self._file}, cannot be written ({error.strerror}). Mend "
                "that on the machine of the runtime (make room, mostly), then use the same link again; it is good for "
                "five minutes from its making. The address with the token, as the runtime printed it, connects now.",
            ) from error

    def _save_use(self, now: float) -> None:
        """That a page was here is worth less than its request: what goes wrong is told, once."""
        try:
            self._save(now)
        except OSError as error:
            if not self._told_unkept:
                self._told_unkept = True
                self._tell(
                    f"Paired pages go on, but {self._file} cannot be written ({error.strerror}): when this runtime "
                    "ends before that is mended, pages that were paired may have to pair again."
                )

    def _save_without(self, session: Session) -> None:
        """On a full disk the list goes as a whole: others pair again after a restart, and this one does not return."""
        try:
            self._save(session.used_at)
        except OSError:
            assert self._file is not None  # or nothing would have been written
            try:
                self._file.unlink(missing_ok=True)
            except OSError as error:
                raise _not_kept(
                    error,
                    f"The session has ended, but {self._file} cannot be written ({error.strerror}): after a restart "
                    "of the runtime that page would be let in again. Delete that file.",
                ) from error


def _not_kept(error: OSError, message: str) -> SessionsNotKept:
    return SessionsNotKept(message, status=507 if error.errno in WANT_OF_ROOM else 500)


def _read_sessions(path: Path | None) -> list[Session]:
    if path is None:
        return []
    data = read_private(path)
    found = data.get("sessions")
    if not isinstance(found, list):
        return []
    fields = set(Session.__dataclass_fields__)
    return [Session(**item) for item in found if isinstance(item, dict) and set(item) == fields]
