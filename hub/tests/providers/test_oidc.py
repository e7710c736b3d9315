"""Signing in elsewhere: with a real provider (oidc-provider on Node), and with one that lies (H05)."""

import base64
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from runhere_hub.settings import Oidc
from runhere_hub.testing.team import PASSWORD, PUBLIC, TeamHub, team_hub, team_settings

ROOT = Path(__file__).parents[3]
RETURN = f"{PUBLIC}/signed-in"
SECRET = "client-secret-of-this-test"


def oidc(issuer: str, **changes: Any) -> Oidc:
    values = {"name": "the lab", "sign_up": True, "mail_domains": frozenset(), **changes}
    return Oidc(issuer=issuer, client_id="runhere", client_secret=SECRET, **values)


@contextmanager
def hub_of(tmp_path: Path, provider: Oidc) -> Iterator[Callable[[], Any]]:
    data = tmp_path / "data"
    data.mkdir()
    yield lambda: team_hub(team_settings(data, data / "no page", oidc=provider))


# --- a real provider -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The provider as a process of its own."""
    sys.path.insert(0, str(ROOT / "scripts"))
    import setup  # the project's own script: it knows where Node is

    script = Path(__file__).with_name("oidc_provider.mjs")
    words = [str(word) for word in setup.node(script, RETURN, str(ROOT / "frontend" / "package.json"))]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    line = ""
    while not line.startswith("http") and process.poll() is None:
        line = process.stdout.readline().strip()
    assert line.startswith("http"), "the provider ended"
    threading.Thread(target=process.stdout.read, daemon=True).start()
    yield line
    process.terminate()
    process.wait(timeout=20)
    process.stdout.close()


async def sign_in_over_there(url: str, name: str) -> dict[str, str]:
    """Be a person at the provider's own pages, until it sends the browser back. Gives what it then brings."""
    async with httpx.AsyncClient(follow_redirects=False, timeout=20) as browser:
        for _ in range(20):
            answer = await browser.get(url)
            while answer.is_redirect:
                url = urljoin(url, answer.headers["location"])
                if url.startswith(RETURN):
                    return {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}
                answer = await browser.get(url)
            assert answer.status_code == 200, answer.text
            action = re.search(r'action="([^"]+)"', answer.text)
            prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
            assert action is not None, answer.text
            assert prompt is not None, answer.text
            form = {"prompt": prompt.group(1), "login": name, "password": "any"}
            posted = await browser.post(urljoin(url, action.group(1)), data=form)
            assert posted.is_redirect, posted.text
            url = urljoin(url, posted.headers["location"])
            if url.startswith(RETURN):
                return {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}
    raise AssertionError("the provider never sent the browser back")


async def begin(client: httpx.AsyncClient, next_path: str = "/") -> str:
    answer = await client.post("/api/v1/session/elsewhere", json={"next_path": next_path})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["url"])


async def back(client: httpx.AsyncClient, brought: dict[str, str]) -> httpx.Response:
    body = {"state": brought["state"], "code": brought["code"]}
    return await client.post("/api/v1/session/elsewhere/back", json=body)


async def test_somebody_of_a_real_provider_gets_an_account_and_the_same_one_again(tmp_path: Path, issuer: str) -> None:
    with hub_of(tmp_path, oidc(issuer)) as start:
        async with start() as hub:
            client = await hub.stranger()
            ways = (await client.get("/api/v1/session/ways")).json()
            assert ways == {"mode": "team", "password": True, "sign_up": False, "provider": "the lab"}
            url = await begin(client, "/n/" + "1" * 32)
            asked = parse_qs(urlsplit(url).query)
            assert asked["code_challenge_method"] == ["S256"]
            assert {"state", "nonce", "code_challenge"} <= asked.keys()
            brought = await sign_in_over_there(url, "grace")
            arrived = await back(client, brought)
            assert arrived.status_code == 200, arrived.text
            assert arrived.json()["next_path"] == "/n/" + "1" * 32
            me = arrived.json()["session"]
            assert (me["user_name"], me["person"]["name"], me["is_admin"]) == ("grace", "grace of elsewhere", False)
            again = await hub.stranger()
            second = await back(again, await sign_in_over_there(await begin(again), "grace"))
            assert second.json()["session"]["person"]["id"] == me["person"]["id"]


async def test_h05_state_and_code_work_once_and_in_the_browser_that_began(tmp_path: Path, issuer: str) -> None:
    with hub_of(tmp_path, oidc(issuer)) as start:
        async with start() as hub:
            victim, attacker = await hub.stranger(), await hub.stranger()
            await begin(victim)
            brought = await sign_in_over_there(await begin(attacker), "mallory")
            forced = await back(victim, brought)  # login CSRF: the attacker's code in the victim's browser
            assert (forced.status_code, forced.json()["code"]) == (401, "sign_in_refused")
            assert "set-cookie" not in forced.headers
            replayed = await back(attacker, brought)  # and the state is spent
            assert replayed.status_code == 401
            for state in ("", "guess", brought["state"]):
                missing = await attacker.post("/api/v1/session/elsewhere/back", json={"state": state, "code": "x"})
                assert missing.status_code in (401, 422)
            good = await sign_in_over_there(await begin(attacker), "mallory")
            assert (await back(attacker, good)).status_code == 200
            fresh = await begin(attacker)
            old_code = {"state": parse_qs(urlsplit(fresh).query)["state"][0], "code": good["code"]}
            assert (await back(attacker, old_code)).status_code == 401  # a code of before, under a new state


@pytest.mark.parametrize(
    "path", ["//evil.test", "https://evil.test", "/\\evil.test", "/a//b", "javascript:alert(1)", "/%2f"]
)
async def test_where_to_go_afterwards_is_never_another_site(tmp_path: Path, issuer: str, path: str) -> None:
    with hub_of(tmp_path, oidc(issuer)) as start:
        async with start() as hub:
            client = await hub.stranger()
            arrived = await back(client, await sign_in_over_there(await begin(client, path), "heidi"))
            assert arrived.json()["next_path"] == "/"


async def test_without_sign_up_only_who_joined_the_two_comes_in(tmp_path: Path, issuer: str) -> None:
    with hub_of(tmp_path, oidc(issuer, sign_up=False)) as start:
        async with start() as hub:
            stranger = await hub.stranger()
            refused = await back(stranger, await sign_in_over_there(await begin(stranger), "ivan"))
            assert (refused.status_code, refused.json()["code"]) == (401, "sign_in_refused")
            ada = await hub.join("ada")
            joined = await back(ada, await sign_in_over_there(await begin(ada), "ivan"))
            assert joined.json()["session"]["user_name"] == "ada"
            arrived = await back(stranger, await sign_in_over_there(await begin(stranger), "ivan"))
            assert arrived.json()["session"]["user_name"] == "ada"


async def test_an_identity_of_another_account_is_joined_to_no_second_one(tmp_path: Path, issuer: str) -> None:
    with hub_of(tmp_path, oidc(issuer)) as start:
        async with start() as hub:
            stranger, ada = await hub.stranger(), await hub.join("ada")
            first = await back(stranger, await sign_in_over_there(await begin(stranger), "judy"))
            refused = await back(ada, await sign_in_over_there(await begin(ada), "judy"))
            assert (refused.status_code, refused.json()["code"]) == (401, "sign_in_refused")
            assert "somebody else" in refused.json()["message"]
            assert (await ada.get("/api/v1/session")).json()["user_name"] == "ada"
            assert (await ada.delete("/api/v1/session")).status_code == 204
            arrived = await back(ada, await sign_in_over_there(await begin(ada), "judy"))
            assert arrived.json()["session"]["person"] == first.json()["session"]["person"]


async def test_a_name_in_use_is_never_taken_over(tmp_path: Path, issuer: str) -> None:
    with hub_of(tmp_path, oidc(issuer)) as start:
        async with start() as hub:
            await hub.join("ada")
            client = await hub.stranger()
            arrived = await back(client, await sign_in_over_there(await begin(client), "ada"))
            assert arrived.json()["session"]["user_name"] == "ada2"
            assert arrived.json()["session"]["person"]["id"] != hub.ids["ada"]
            assert arrived.json()["session"]["is_admin"] is False


# --- a provider that lies --------------------------------------------------------------------------------------------


class Liar:
    """A provider whose every answer is right but for `lie`, which changes the claims or the token."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, parameters={"kid": "k"})
        self.other = RSAKey.generate_key(2048, parameters={"kid": "k"})
        self.nonce = ""
        self.claims: dict[str, Any] = {}
        self.token: Callable[[dict[str, Any]], str] = self.signed
        liar = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.endswith("openid-configuration"):
                    self._say(liar.about)
                else:
                    self._say({"keys": [liar.key.as_dict(private=False)]})

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                self._say({"access_token": "a", "token_type": "Bearer", "id_token": liar.token(liar.said())})

            def _say(self, value: object) -> None:
                body = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        self.about = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }

    def said(self) -> dict[str, Any]:
        now = int(time.time())
        right = {"iss": self.issuer, "aud": "runhere", "sub": "s", "exp": now + 300, "iat": now, "nonce": self.nonce}
        return {key: value for key, value in {**right, **self.claims}.items() if value is not None}

    def signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": "k"}, claims, self.key)

    def by_another_key(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": "k"}, claims, self.other)

    def with_the_shared_secret(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET + SECRET))

    def unsigned(self, claims: dict[str, Any]) -> str:
        parts = [json.dumps({"alg": "none"}), json.dumps(claims)]
        return ".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts) + "."

    def altered(self, claims: dict[str, Any]) -> str:
        head, _, signature = self.signed(claims).split(".")
        body = base64.urlsafe_b64encode(json.dumps({**claims, "sub": "other"}).encode()).rstrip(b"=").decode()
        return f"{head}.{body}.{signature}"


@pytest.fixture
def liar() -> Iterator[Liar]:
    made = Liar()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


@pytest.fixture
async def hub(tmp_path: Path, liar: Liar) -> AsyncIterator[TeamHub]:
    with hub_of(tmp_path, oidc(liar.issuer)) as start:
        async with start() as running:
            yield running


async def come_back_from(hub: TeamHub, liar: Liar) -> httpx.Response:
    client = await hub.stranger()
    asked = parse_qs(urlsplit(await begin(client)).query)
    liar.nonce = asked["nonce"][0]
    answer = await back(client, {"state": asked["state"][0], "code": "code"})
    if answer.status_code != 200:
        assert "set-cookie" not in answer.headers
        assert (await client.get("/api/v1/home")).status_code == 401
    return answer


LIES: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.test"},
    "another audience": {"aud": "somebody else"},
    "another party": {"aud": ["runhere", "other"], "azp": "other"},
    "no nonce": {"nonce": None},
    "a nonce of before": {"nonce": "old"},
    "expired": {"exp": 1_000_000_000},
    "no end": {"exp": None},
    "no subject": {"sub": None},
    "of the future": {"iat": 4_000_000_000},
}


@pytest.mark.parametrize("lie", LIES)
async def test_h05_claims_that_do_not_hold_sign_nobody_in(hub: TeamHub, liar: Liar, lie: str) -> None:
    liar.claims = LIES[lie]
    refused = await come_back_from(hub, liar)
    assert (refused.status_code, refused.json()["code"]) == (401, "sign_in_refused"), lie
    liar.claims = {}
    assert (await come_back_from(hub, liar)).status_code == 200


@pytest.mark.parametrize("forgery", ["by_another_key", "with_the_shared_secret", "unsigned", "altered"])
async def test_h05_signatures_that_do_not_hold_sign_nobody_in(hub: TeamHub, liar: Liar, forgery: str) -> None:
    liar.token = getattr(liar, forgery)
    refused = await come_back_from(hub, liar)
    assert (refused.status_code, refused.json()["code"]) == (401, "sign_in_refused")
    liar.token = liar.signed
    assert (await come_back_from(hub, liar)).status_code == 200


async def test_h05_an_address_that_is_not_verified_is_no_address(tmp_path: Path, liar: Liar) -> None:
    with hub_of(tmp_path, oidc(liar.issuer, mail_domains=frozenset({"example.org"}))) as start:
        async with start() as hub:
            for claims, status in (
                ({"email": "a@example.org"}, 401),
                ({"email": "a@example.org", "email_verified": "true"}, 401),
                ({"email": "a@evil.test", "email_verified": True}, 401),
                ({"email": "a@example.org", "email_verified": True}, 200),
            ):
                liar.claims = claims
                assert (await come_back_from(hub, liar)).status_code == status, claims


async def test_a_provider_that_is_gone_leaves_passwords(tmp_path: Path) -> None:
    with hub_of(tmp_path, oidc("http://127.0.0.1:9")) as start:
        async with start() as hub:
            await hub.join("ada")
            client = await hub.stranger()
            answer = await client.post("/api/v1/session/elsewhere", json={})
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            signed_in = await client.post("/api/v1/session/password", json={"user_name": "ada", "password": PASSWORD})
            assert signed_in.status_code == 200
