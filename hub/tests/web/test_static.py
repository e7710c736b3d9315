"""The page, its assets, the output frame, and the headers that bind them."""

import re
from pathlib import Path

import pytest

from runhere_hub.app import create_app
from runhere_hub.testing.serving import CONTROL, ORIGIN, PORT, Hub, serving, settings_for
from runhere_hub.web import headers

HEX = "0" * 32
PERMISSIONS = (
    "loopback-network=(self), local-network=(self), local-network-access=(self), camera=(), microphone=(), "
    "geolocation=(), usb=(), serial=(), hid=(), midi=(), payment=(), clipboard-read=(self)"
)


@pytest.mark.parametrize("path", ["/", "/login", "/connect", f"/n/{HEX}"])
async def test_every_address_of_the_page_is_the_page_with_a_nonce_of_its_own(hub: Hub, path: str) -> None:
    first, second = [await hub.stranger.get(path) for _ in range(2)]
    assert first.status_code == 200
    assert first.headers["cache-control"] == "no-store"
    (nonce,) = re.findall(r"nonce=\"([^\"]+)\"", first.text)
    assert f"style-src 'self' 'nonce-{nonce}'" in first.headers["content-security-policy"]
    assert nonce not in second.text
    assert "__CSP_NONCE__" not in first.text


async def test_the_page_is_bound_by_these_headers(hub: Hub) -> None:
    answer = await hub.client.get("/")
    csp = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
    csp.pop("style-src")
    assert csp == {
        "default-src": "'none'",
        "script-src": "'self'",
        "font-src": "'self'",
        "img-src": "'self' data: blob:",
        "media-src": "blob: data:",
        "worker-src": "'self'",
        "manifest-src": "'self'",
        "connect-src": (
            "'self' ws://127.0.0.1:8800 http://127.0.0.1:* http://localhost:* ws://127.0.0.1:* ws://localhost:*"
        ),
        "frame-src": "http://127.0.0.1:8800/frame/v1/",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "rh-html rh-worker",
    }
    assert {name: answer.headers[name] for name in SAME_EVERYWHERE} == SAME_EVERYWHERE
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["permissions-policy"] == PERMISSIONS


SAME_EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/healthz", 200),
        ("/api/v1/home", 200),
        ("/api/v1/nothing", 404),
        ("/nothing", 404),
        ("/assets/main-abc.js", 200),
        ("/frame/v1/frame.html", 200),
        (f"/api/v1/notebooks/{HEX}", 404),
    ],
)
async def test_every_answer_has_the_security_headers_refusals_too(hub: Hub, path: str, status: int) -> None:
    for client in (hub.client, hub.stranger):
        answer = await client.get(path)
        assert answer.status_code == (401 if client is hub.stranger and path in API_OF_A_PERSON else status)
        assert {name: answer.headers[name] for name in SAME_EVERYWHERE} == SAME_EVERYWHERE
        assert "content-security-policy" in answer.headers
        assert "permissions-policy" in answer.headers
        assert "server" not in answer.headers


API_OF_A_PERSON = {"/api/v1/home", f"/api/v1/notebooks/{HEX}"}


async def test_api_answers_are_not_kept_and_can_do_nothing_when_opened_as_a_page(hub: Hub) -> None:
    answer = await hub.client.get("/api/v1/home")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"


async def test_the_frame_is_opaque_by_its_own_headers(hub: Hub) -> None:
    answer = await hub.stranger.get("/frame/v1/frame.html")
    csp = answer.headers["content-security-policy"]
    assert csp.startswith("sandbox allow-scripts; default-src 'none'; ")
    assert "allow-same-origin" not in csp
    assert "connect-src 'none'" in csp
    assert "frame-src 'none'" in csp
    assert f"frame-ancestors {ORIGIN}" in csp
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "loopback-network=()" in answer.headers["permissions-policy"]
    asset = await hub.stranger.get("/frame/v1/assets/frame-abc.js", headers={"Origin": "null"})
    assert asset.status_code == 200
    assert asset.headers["access-control-allow-origin"] == "*"


async def test_hashed_assets_are_kept_for_ever_and_sent_compressed_where_that_is_there(hub: Hub) -> None:
    answer = await hub.stranger.get("/assets/main-abc.js", headers={"Accept-Encoding": "gzip, br"})
    assert answer.text == "console.log(1)"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    plain = await hub.stranger.get("/assets/main-abc.js", headers={"Accept-Encoding": "identity"})
    assert plain.text == "console.log(1)"
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../index.html",
        "/assets/..%2findex.html",
        "/assets/%2e%2e/index.html",
        "/assets/%2fetc%2fpasswd",
        "/assets/a%00b",
        "/assets/",
        "/assets",
        "/frame/v1/..%2f..%2fpage%2findex.html",
        "/assets/main-abc.js.map",
        "/index.html",
        "/assets/x/y",
    ],
)
async def test_no_path_leads_out_of_the_assets(hub: Hub, path: str) -> None:
    answer = await hub.stranger.get(path)
    assert answer.status_code == 404
    assert "csp-nonce" not in answer.text


async def test_a_page_that_is_not_built_says_so(tmp_path: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "work"
    data.mkdir()
    folder.mkdir()
    app = create_app(settings_for(data, tmp_path / "none"), port=PORT, control_token=CONTROL)
    async with serving(app, folder=folder, data=data) as hub:
        answer = await hub.stranger.get("/")
        assert answer.status_code == 503
        assert "make run" in answer.text
        assert (await hub.client.get("/api/v1/home")).status_code == 200


@pytest.mark.fast
def test_the_policies_name_the_origin_that_was_reached() -> None:
    assert "frame-src http://localhost:9000/frame/v1/" in headers.page_csp("http://localhost:9000")
    assert "frame-ancestors http://localhost:9000" in headers.frame_csp("http://localhost:9000")


@pytest.mark.fast
def test_outputs_have_no_network_unless_the_administrator_opens_https() -> None:
    closed, opened = headers.frame_csp("https://hub.test"), headers.frame_csp("https://hub.test", network=True)
    assert "connect-src 'none'" in closed
    assert "frame-src 'none'" in closed
    assert " https:;" not in closed
    for directive in ("connect-src https: wss:", "frame-src https:", "form-action 'none'", "sandbox allow-scripts"):
        assert directive in opened
    assert not re.search(r"(?<!/)\bhttp:(?!//)|\bws:|\*", opened)  # no server of this machine or the local network
