"""Credentials: what a token, a session, a pairing code is worth, and for how long."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from tiny_disk import TinyDisk

from runhere_runtime.errors import PairingRefused, SessionsNotKept, SessionUnknown
from runhere_runtime.tokens import (
    ABSOLUTE_S,
    IDLE_S,
    PAIRING_S,
    Credentials,
    Grant,
    challenge_mac,
    new_token,
    redact,
    token_key,
)

HUB = "https://hub.test"
T0 = 1_000_000.0


@pytest.fixture
def credentials() -> Credentials:
    return Credentials(master=new_token(), sessions_file=None, tell=print)


def pair(credentials: Credentials, now: float = T0) -> tuple[str, str]:
    code = credentials.open_pairing(origin=HUB, now=now).code
    token, session = credentials.redeem(code, origin=HUB, client="Firefox", now=now)
    return token, session.id


def test_master_passes_from_anywhere_and_others_do_not(credentials: Credentials) -> None:
    assert credentials.authenticate(credentials.master, None, T0) == Grant(None)
    assert credentials.authenticate(credentials.master + "x", None, T0) is None
    assert credentials.authenticate("", None, T0) is None


def test_session_token_counts_for_its_origin_only(credentials: Credentials) -> None:
    token, session_id = pair(credentials)
    assert credentials.authenticate(token, HUB, T0) == Grant(session_id)
    for origin in (None, "null", "https://evil.test", HUB + ":444"):
        assert credentials.authenticate(token, origin, T0) is None


def test_session_ends_after_idleness_and_in_any_case_after_a_week(credentials: Credentials) -> None:
    token, _ = pair(credentials)
    assert credentials.authenticate(token, HUB, T0 + IDLE_S - 1)
    assert credentials.authenticate(token, HUB, T0 + 2 * IDLE_S - 2)
    assert credentials.authenticate(token, HUB, T0 + 3 * IDLE_S) is None
    token, _ = pair(credentials)
    now = T0
    while now + IDLE_S / 2 < T0 + ABSOLUTE_S:
        now += IDLE_S / 2
        assert credentials.authenticate(token, HUB, now)
    assert credentials.authenticate(token, HUB, T0 + ABSOLUTE_S) is None


def test_revoked_session_is_refused(credentials: Credentials) -> None:
    token, session_id = pair(credentials)
    other, _ = pair(credentials)
    credentials.revoke(session_id)
    assert credentials.authenticate(token, HUB, T0) is None
    assert credentials.authenticate(other, HUB, T0)
    with pytest.raises(SessionUnknown):
        credentials.revoke(session_id)


def test_pairing_code_works_once(credentials: Credentials) -> None:
    code = credentials.open_pairing(origin=HUB, now=T0).code
    credentials.redeem(code.lower(), origin=HUB, client="", now=T0 + PAIRING_S - 1)
    with pytest.raises(PairingRefused) as refused:
        credentials.redeem(code, origin=HUB, client="", now=T0 + PAIRING_S - 1)
    assert (refused.value.code, refused.value.status) == ("code_used", 410)
    assert len(credentials.sessions(T0)) == 1


def test_pairing_code_expires(credentials: Credentials) -> None:
    code = credentials.open_pairing(origin=HUB, now=T0).code
    with pytest.raises(PairingRefused) as refused:
        credentials.redeem(code, origin=HUB, client="", now=T0 + PAIRING_S)
    assert (refused.value.code, refused.value.status) == ("code_expired", 410)
    assert credentials.sessions(T0) == ()


def test_pairing_code_is_for_one_origin(credentials: Credentials) -> None:
    code = credentials.open_pairing(origin=HUB, now=T0).code
    with pytest.raises(PairingRefused) as refused:
        credentials.redeem(code, origin="https://evil.test", client="", now=T0)
    assert refused.value.status == 403
    credentials.redeem(code, origin=HUB, client="", now=T0)


def test_five_wrong_tries_void_every_open_code(credentials: Credentials) -> None:
    code = credentials.open_pairing(origin=HUB, now=T0).code
    for _ in range(4):
        with pytest.raises(PairingRefused):
            credentials.redeem("AAAA-AAAA-AAAA-AAAA", origin=HUB, client="", now=T0)
    spare = Credentials(master="x", sessions_file=None, tell=print)
    spare_code = spare.open_pairing(origin=HUB, now=T0).code
    spare.redeem(spare_code, origin=HUB, client="", now=T0)
    with pytest.raises(PairingRefused):
        credentials.redeem("AAAA-AAAA-AAAA-AAAA", origin=HUB, client="", now=T0)
    with pytest.raises(PairingRefused):
        credentials.redeem(code, origin=HUB, client="", now=T0)
    fresh = credentials.open_pairing(origin=HUB, now=T0).code
    credentials.redeem(fresh, origin=HUB, client="", now=T0)


def test_challenge_is_answered_with_the_session_key(credentials: Credentials) -> None:
    token, session_id = pair(credentials)
    proof = credentials.prove(nonce="n" * 16, host="localhost:1", session_id=session_id, now=T0)
    assert proof == challenge_mac(token_key(token), nonce="n" * 16, host="localhost:1")
    assert proof != challenge_mac(token_key(token), nonce="n" * 16, host="localhost:2")
    assert credentials.prove(nonce="n" * 16, host="localhost:1", session_id="other", now=T0) is None


def test_first_challenge_is_answered_with_the_pairing_code(credentials: Credentials) -> None:
    code = credentials.open_pairing(origin=HUB, now=T0).code
    expected = challenge_mac(token_key(code), nonce="n" * 16, host="h")
    assert credentials.prove_pairing(nonce="n" * 16, host="h", origin=HUB, now=T0) == expected
    assert credentials.prove_pairing(nonce="n" * 16, host="h", origin="https://evil.test", now=T0) is None


def test_paired_sessions_outlive_a_restart_as_hashes_in_a_private_file(tmp_path: Path) -> None:
    file = tmp_path / "d" / "sessions.json"
    first = Credentials(master=new_token(), sessions_file=file, tell=print)
    token, session_id = pair(first)
    browser, _ = first.open_session(origin=HUB, client="", kind="browser", now=T0)
    second = Credentials(master=new_token(), sessions_file=file, tell=print)
    assert second.authenticate(token, HUB, T0) == Grant(session_id)
    assert second.authenticate(browser, HUB, T0) is None
    assert second.authenticate(first.master, None, T0) is None
    text = file.read_text()
    assert token not in text
    assert first.master not in text
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_sessions_file_that_others_can_write_is_not_believed(tmp_path: Path) -> None:
    file = tmp_path / "sessions.json"
    token, _ = pair(Credentials(master="m", sessions_file=file, tell=print))
    file.chmod(0o666)
    assert Credentials(master="m", sessions_file=file, tell=print).authenticate(token, HUB, T0) is None
    file.chmod(0o600)
    assert Credentials(master="m", sessions_file=file, tell=print).authenticate(token, HUB, T0)
    file.write_text(json.dumps({"sessions": [{"id": 1}]}))
    assert Credentials(master="m", sessions_file=file, tell=print).sessions(T0) == ()


def test_tokens_are_redacted_wherever_they_stand() -> None:
    token = new_token()
    assert token not in redact(f"GET /?token={token}&x={token}")
    assert redact("nothing here") == "nothing here"


def test_a_full_disk_issues_nothing_and_spends_no_code(tiny_disk: TinyDisk) -> None:
    file = tiny_disk.place / "sessions.json"
    credentials = Credentials(master="m", sessions_file=file, tell=print)
    code = credentials.open_pairing(origin=HUB, now=T0).code
    tiny_disk.fill()
    with pytest.raises(SessionsNotKept) as refused:
        credentials.redeem(code, origin=HUB, client="x", now=T0)
    assert refused.value.status == 507
    assert credentials.sessions(T0) == ()
    assert not [one for one in tiny_disk.place.iterdir() if "sessions" in one.name]
    tiny_disk.make_room()
    token, session = credentials.redeem(code, origin=HUB, client="x", now=T0)
    assert credentials.authenticate(token, HUB, T0) == Grant(session.id)


def test_on_a_full_disk_pages_go_on_and_that_their_use_is_not_kept_is_told_once(tiny_disk: TinyDisk) -> None:
    told: list[str] = []
    credentials = Credentials(master="m", sessions_file=tiny_disk.place / "sessions.json", tell=told.append)
    token, session_id = pair(credentials)
    tiny_disk.fill()
    for later in (100, 200, 300):
        assert credentials.authenticate(token, HUB, T0 + later) == Grant(session_id)
    (sentence,) = told
    assert "cannot be written (No space left on device)" in sentence
    tiny_disk.make_room()
    assert credentials.authenticate(token, HUB, T0 + 400)
    tiny_disk.fill()
    assert credentials.authenticate(token, HUB, T0 + 500)
    assert len(told) == 2


def test_a_session_that_is_ended_on_a_full_disk_does_not_come_back(tiny_disk: TinyDisk) -> None:
    file = tiny_disk.place / "sessions.json"
    credentials = Credentials(master="m", sessions_file=file, tell=print)
    token, session_id = pair(credentials)
    other, _ = pair(credentials)
    tiny_disk.fill()
    credentials.revoke(session_id)
    assert credentials.authenticate(token, HUB, T0) is None
    assert Credentials(master="m", sessions_file=file, tell=print).authenticate(token, HUB, T0) is None
    assert credentials.authenticate(other, HUB, T0)
