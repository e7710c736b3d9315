"""Identity providers for tests: a real one (oidc-provider on Node) with a person at its pages, and one that lies."""

import base64
import importlib
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT_SECRET = "client-secret-of-this-test"
_ROOT = Path(__file__).parents[4]


@contextmanager
def identity_provider(return_url: str, logout_url: str | None = None) -> Iterator[str]:
    """A real provider as a process of its own; its address.

    Args:
        logout_url: Where it tells the hub who signed out; None: it does not.
    """
    sys.path.insert(0, str(_ROOT / "scripts"))
    setup = importlib.import_module("setup")  # the project's own script: it knows where Node is

    script = _ROOT / "hub" / "tests" / "providers" / "oidc_provider.mjs"
    more = [] if logout_url is None else [logout_url]
    words = [str(word) for word in setup.node(script, return_url, str(_ROOT / "frontend" / "package.json"), *more)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    line = ""
    while not line.startswith("http") and process.poll() is None:
        line = process.stdout.readline().strip()
    assert line.startswith("http"), "the provider ended"
    threading.Thread(target=process.stdout.read, daemon=True).start()
    try:
        yield line
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()


async def sign_in_over_there(url: str, name: str, browser: httpx.AsyncClient | None = None) -> dict[str, str]:
    """Be a person at the provider's own pages, until it sends the browser back. Gives what it then brings.

    Args:
        browser: Keeps the provider's cookies; None: one for this alone.
    """
    return_url = parse_qs(urlsplit(url).query)["redirect_uri"][0]
    async with AsyncExitStack() as stack:
        if browser is None:
            browser = await stack.enter_async_context(httpx.AsyncClient(timeout=20))
        for _ in range(20):
            answer = await browser.get(url)
            while answer.is_redirect:
                url = urljoin(url, answer.headers["location"])
                if url.startswith(return_url):
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
            if url.startswith(return_url):
                return {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}
    raise AssertionError("the provider never sent the browser back")


async def sign_out_over_there(issuer: str, browser: httpx.AsyncClient) -> None:
    """End the session that this browser has at the provider, by its own page."""
    asked = await browser.get(f"{issuer}/session/end")
    assert asked.status_code == 200, asked.text
    secret = re.search(r'name="xsrf" value="(\w+)"', asked.text)
    assert secret is not None, asked.text
    done = await browser.post(f"{issuer}/session/end/confirm", data={"xsrf": secret.group(1), "logout": "yes"})
    assert done.is_redirect, done.text


async def begin(client: httpx.AsyncClient, next_path: str = "/") -> str:
    answer = await client.post("/api/v1/session/elsewhere", json={"next_path": next_path})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["url"])


async def back(client: httpx.AsyncClient, brought: dict[str, str]) -> httpx.Response:
    body = {"state": brought["state"], "code": brought["code"]}
    return await client.post("/api/v1/session/elsewhere/back", json=body)


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
        return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(CLIENT_SECRET + CLIENT_SECRET))

    def unsigned(self, claims: dict[str, Any]) -> str:
        parts = [json.dumps({"alg": "none"}), json.dumps(claims)]
        return ".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts) + "."

    def altered(self, claims: dict[str, Any]) -> str:
        head, _, signature = self.signed(claims).split(".")
        body = base64.urlsafe_b64encode(json.dumps({**claims, "sub": "other"}).encode()).rstrip(b"=").decode()
        return f"{head}.{body}.{signature}"


@contextmanager
def lying() -> Iterator[Liar]:
    """One that answers."""
    made = Liar()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()
        thread.join()
