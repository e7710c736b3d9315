"""H01: every role on every verb of the API, from the OpenAPI document; an operation that is not in the table fails.

Each call is made through the real application on a notebook, folder or link of its own, so that one call's effect is
not another's. A refusal must leave what the owner sees as it was; each allowed role is the positive twin.
"""

import hashlib
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from runhere_hub.app import route_table
from runhere_hub.testing.serving import notebook_json
from runhere_hub.testing.team import TeamHub, team_hub, team_settings
from runhere_hub.web.labels import Who
from runhere_hub.web.openapi import document

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one hub for all: people join slowly on purpose

ROLES = ("nobody", "viewer", "commenter", "editor", "owner")
SHA = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # of nothing
NEVER = "0" * 32


@dataclass
class Case:
    """What one call acts on: all of it belongs to Olga, and the caller has one role on it."""

    notebook: str
    folder: str
    directory: str
    path: str
    revision: str
    link: str
    secret: str
    trashed: str
    bystander: str
    own_comment: str = NEVER
    comment: str = NEVER


Call = Callable[[httpx.AsyncClient, Case], Awaitable[httpx.Response]]


def on(method: str, path: str, body: Any = None, *, content: bytes | None = None) -> Call:
    """A call whose address is filled in from the case."""

    async def call(client: httpx.AsyncClient, case: Case) -> httpx.Response:
        url = path.format(**case.__dict__, sha=SHA)
        if content is not None:
            return await client.request(method, url, content=content)
        filled = {k: v.format(**case.__dict__) if isinstance(v, str) else v for k, v in (body or {}).items()}
        return await client.request(method, url, json=filled if method not in ("GET", "DELETE") else None)

    return call


N, F = "/api/v1/notebooks", "/api/v1/folders"
# Operation -> (the weakest role that may, the call). What acts on nobody's object stands further down.
OBJECTS: dict[str, tuple[str, Call]] = {
    f"GET {N}/{{notebook_id}}": ("viewer", on("GET", N + "/{notebook}")),
    f"PATCH {N}/{{notebook_id}}": ("owner", on("PATCH", N + "/{notebook}", {"name": "Renamed"})),
    f"DELETE {N}/{{notebook_id}}": ("owner", on("DELETE", N + "/{notebook}")),
    f"POST {N}/{{notebook_id}}/duplicate": ("viewer", on("POST", N + "/{notebook}/duplicate")),
    f"POST {N}/{{notebook_id}}/file": (
        "editor",
        on(
            "POST",
            N + "/{notebook}/file",
            {"file": '{{"cells": [], "metadata": {{}}, "nbformat": 4, "nbformat_minor": 5}}', "base": None},
        ),
    ),
    f"GET {N}/{{notebook_id}}/download": ("viewer", on("GET", N + "/{notebook}/download")),
    f"PUT {N}/{{notebook_id}}/blobs/{{sha256}}": ("editor", on("PUT", N + "/{notebook}/blobs/{sha}", content=b"")),
    f"GET {N}/{{notebook_id}}/blobs/{{sha256}}": ("viewer", on("GET", N + "/{notebook}/blobs/{sha}")),
    f"GET {N}/{{notebook_id}}/revisions": ("viewer", on("GET", N + "/{notebook}/revisions")),
    f"POST {N}/{{notebook_id}}/revisions": ("editor", on("POST", N + "/{notebook}/revisions", {"name": "Mine"})),
    f"GET {N}/{{notebook_id}}/revisions/{{revision_id}}": (
        "viewer",
        on("GET", N + "/{notebook}/revisions/{revision}"),
    ),
    f"GET {N}/{{notebook_id}}/revisions/{{revision_id}}/outputs": (
        "viewer",
        on("GET", N + "/{notebook}/revisions/{revision}/outputs"),
    ),
    f"PATCH {N}/{{notebook_id}}/revisions/{{revision_id}}": (
        "editor",
        on("PATCH", N + "/{notebook}/revisions/{revision}", {"name": "Second"}),
    ),
    f"POST {N}/{{notebook_id}}/revisions/{{revision_id}}/restore": (
        "editor",
        on("POST", N + "/{notebook}/revisions/{revision}/restore"),
    ),
    f"GET {N}/{{notebook_id}}/shares": ("viewer", on("GET", N + "/{notebook}/shares")),
    f"PUT {N}/{{notebook_id}}/shares": (
        "owner",
        on("PUT", N + "/{notebook}/shares", {"user_name": "nobody", "role": "viewer"}),
    ),
    f"DELETE {N}/{{notebook_id}}/shares/{{person_id}}": ("owner", on("DELETE", N + "/{notebook}/shares/{bystander}")),
    f"POST {N}/{{notebook_id}}/links": ("owner", on("POST", N + "/{notebook}/links", {"role": "viewer"})),
    f"GET {N}/{{notebook_id}}/comments": ("viewer", on("GET", N + "/{notebook}/comments")),
    f"POST {N}/{{notebook_id}}/comments": (
        "commenter",
        on("POST", N + "/{notebook}/comments", {"cell_id": "c", "body": "New"}),
    ),
    # One's own; another's is refused by tests/web/test_comments.py.
    f"PATCH {N}/{{notebook_id}}/comments/{{comment_id}}": (
        "commenter",
        on("PATCH", N + "/{notebook}/comments/{own_comment}", {"body": "Changed"}),
    ),
    f"DELETE {N}/{{notebook_id}}/comments/{{comment_id}}": (
        "commenter",
        on("DELETE", N + "/{notebook}/comments/{own_comment}"),
    ),
    f"POST {N}/{{notebook_id}}/comments/{{comment_id}}/resolved": (
        "commenter",
        on("POST", N + "/{notebook}/comments/{comment}/resolved", {"resolved": True}),
    ),
    f"GET {N}/{{notebook_id}}/outputs": ("viewer", on("GET", N + "/{notebook}/outputs")),
    f"PUT {N}/{{notebook_id}}/outputs": ("owner", on("PUT", N + "/{notebook}/outputs", {"omit": False})),
    f"POST {N}/{{notebook_id}}/trust/look": ("viewer", on("POST", N + "/{notebook}/trust/look", {"cells": []})),
    f"POST {N}/{{notebook_id}}/trust": ("viewer", on("POST", N + "/{notebook}/trust", {"cells": [], "seq": 0})),
    f"POST {N}": ("editor", on("POST", N, {"folder_id": "{folder}", "path": "{directory}"})),
    f"POST {N}/open": ("viewer", on("POST", N + "/open", {"folder_id": "{folder}", "path": "{path}"})),
    f"POST {N}/identify": ("viewer", on("POST", N + "/identify", {"folder_id": "{folder}", "path": "{path}"})),
    "POST /api/v1/trash/{notebook_id}/restore": ("owner", on("POST", "/api/v1/trash/{trashed}/restore")),
    "DELETE /api/v1/trash/{notebook_id}": ("owner", on("DELETE", "/api/v1/trash/{trashed}")),
    f"GET {F}/{{folder_id}}/entries": ("viewer", on("GET", F + "/{folder}/entries?path={directory}")),
    f"POST {F}/{{folder_id}}/folders": ("editor", on("POST", F + "/{folder}/folders", {"path": "{directory}/new"})),
    f"PATCH {F}/{{folder_id}}/folders": (
        "owner",
        on("PATCH", F + "/{folder}/folders", {"path": "{directory}", "to": "{directory}x"}),
    ),
    f"DELETE {F}/{{folder_id}}/folders": ("owner", on("DELETE", F + "/{folder}/folders?path={directory}")),
    f"POST {F}/{{folder_id}}/upload": (
        "editor",
        on("POST", F + "/{folder}/upload?name=up.ipynb&path={directory}", content=notebook_json("1").encode()),
    ),
    f"GET {F}/{{folder_id}}/shares": ("viewer", on("GET", F + "/{folder}/shares?path={directory}")),
    f"PUT {F}/{{folder_id}}/shares": (
        "owner",
        on("PUT", F + "/{folder}/shares?path={directory}", {"user_name": "nobody", "role": "viewer"}),
    ),
    f"DELETE {F}/{{folder_id}}/shares/{{person_id}}": (
        "owner",
        on("DELETE", F + "/{folder}/shares/{bystander}?path={directory}"),
    ),
    f"POST {F}/{{folder_id}}/links": ("owner", on("POST", F + "/{folder}/links?path={directory}", {"role": "viewer"})),
    "DELETE /api/v1/links/{link_id}": ("owner", on("DELETE", "/api/v1/links/{link}")),
}
# What every signed-in person may ask: it is about themselves, or needs a secret.
EVERYBODY = {
    "GET /api/v1/session",
    "DELETE /api/v1/session",
    "GET /api/v1/home",
    "GET /api/v1/trash",
    "GET /api/v1/search",
    "GET /api/v1/people",
    "POST /api/v1/links/{link_id}/accept",
    "POST /api/v1/account/password",
    "POST /api/v1/account/sign-out-everywhere",
    "GET /api/v1/account/tokens",
    "POST /api/v1/account/tokens",
    "DELETE /api/v1/account/tokens/{token_id}",
    "GET /api/v1/account/log",
    "GET /api/v1/new-notebooks",
    "PUT /api/v1/new-notebooks",
    "GET /api/v1/trust",
    "DELETE /api/v1/notebooks/{notebook_id}/trust",  # forgets what one has trusted oneself
    "POST /api/v1/trust/authors",
    "DELETE /api/v1/trust/authors/{person_id}",
    # One's own hosted runtime; another's id is refused by tests/web/test_hosted.py.
    "GET /api/v1/runtimes/hosted",
    "POST /api/v1/runtimes/hosted/start",
    "POST /api/v1/runtimes/hosted/stop",
    "POST /api/v1/runtimes/hosted/keep",
    "POST /api/v1/runtimes/{runtime_id}/tickets",
}
ADMINISTRATORS = {
    "GET /api/v1/admin/accounts",
    "POST /api/v1/admin/invitations",
    "POST /api/v1/admin/accounts/{user_name}/reset",
    "POST /api/v1/admin/accounts/{user_name}/disable",
    "POST /api/v1/admin/accounts/{user_name}/enable",
    "POST /api/v1/admin/accounts/{user_name}/promote",
    "POST /api/v1/admin/accounts/{user_name}/demote",
    "GET /api/v1/admin/log",
    "GET /api/v1/admin/runtimes",
    "POST /api/v1/admin/runtimes/{user_name}/stop",
}
STRANGERS = {
    "GET /healthz",
    "POST /api/v1/session",
    "GET /api/v1/session/ways",
    "POST /api/v1/session/password",
    "POST /api/v1/session/elsewhere",
    "POST /api/v1/session/elsewhere/back",
    "POST /api/v1/invitations/look",
    "POST /api/v1/invitations/accept",
    "POST /api/v1/accounts",
}
RUNTIME_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PAGES = (
    *("/", "/login", "/connect", "/join", "/s/{link_id}", "/signed-in", "/account", "/people", "/n/{notebook_id}"),
    *("/assets/{path:path}", "/frame/v1/{path:path}", "/{name}"),
)
COMMAND_LINE = {
    *("POST /api/v1/control/login-link", "POST /api/v1/control/bind"),
    *("POST /api/v1/control/runtimes", "POST /api/v1/control/runtimes/{user_name}/stop"),
}


# Not in the OpenAPI document. Rooms: test_live_rights.py; runtimes: test_hosted.py, test_runtime_origins.py;
# the page's own files hold nothing of anybody: test_static.py.
HIDDEN = {
    "WEBSOCKET /api/v1/notebooks/{notebook_id}/room": Who.PERSON,
    "WEBSOCKET /rt/{runtime_id}/{path:path}": Who.RUNTIME_PASS,
    **{f"{method} /rt/{{runtime_id}}/{{path:path}}": Who.RUNTIME_PASS for method in RUNTIME_METHODS},
    "POST /rt/{runtime_id}/pass": Who.ANYONE,  # for a ticket, once
    "POST /api/v1/session/elsewhere/signed-out": Who.IDENTITY_PROVIDER,  # for a word that it signed, once
    "GET /api/v1/openapi.json": Who.ANYONE,
    **{f"GET {path}": Who.ANYONE for path in PAGES},
}


def operations() -> list[str]:
    paths: Any = document()["paths"]
    return sorted(f"{method.upper()} {path}" for path, item in paths.items() for method in item)


async def test_every_operation_has_its_place_in_the_matrix() -> None:
    listed = {*OBJECTS, *EVERYBODY, *ADMINISTRATORS, *STRANGERS, *COMMAND_LINE}
    assert sorted(listed) == operations()


async def test_what_the_document_does_not_show_has_its_place_too(tmp_path: Path) -> None:
    routes = route_table(team_settings(tmp_path, tmp_path / "no page")).routes
    assert {f"{one.method} {one.path}": one.who for one in routes if one.name is None} == HIDDEN
    assert {f"{one.method} {one.path}" for one in routes if one.name is not None} == set(operations())


async def test_h01_without_a_pass_nothing_of_a_runtime_is_answered(hub: TeamHub) -> None:
    for method in RUNTIME_METHODS:
        for client in (await hub.stranger(), hub.people["owner"]):  # no session counts there
            answer = await client.request(method, f"/rt/{NEVER}/api/kernels", json=None if method == "GET" else {})
            assert (answer.status_code, answer.json()["code"]) == (401, "signed_out"), method


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory, module_team_database: str | None) -> AsyncIterator[TeamHub]:
    data = tmp_path_factory.mktemp("data")
    async with team_hub(team_settings(data, data / "no page", database=module_team_database)) as running:
        for name in ("ann", "olga", "spare", "bystander", *ROLES[:-1]):
            await running.join(name)
        await running.join("owner")
        yield running


async def case_for(hub: TeamHub, role: str, *, has_comments: bool = False) -> Case:
    """New things of Olga's on which this role's person has this role; comments of theirs from when they might."""
    olga = hub.people["olga"]
    folder = await hub.own_folder("olga")
    directory = f"dir{next(_numbers)}"
    await olga.post(f"{F}/{folder}/folders", json={"path": directory})
    notebook = await hub.notebook("olga", path=directory)
    trashed = await hub.notebook("olga", path=directory, name="Trashed")
    on_folder = f"{F}/{folder}/shares?path={directory}"
    await olga.put(on_folder, json={"user_name": "bystander", "role": "viewer"})
    await hub.share("olga", notebook["id"], "bystander", "viewer")
    if role != "nobody":
        given = await olga.put(on_folder, json={"user_name": role, "role": role})
        assert given.status_code == 200, given.text
    assert (await olga.delete(f"{N}/{trashed['id']}")).status_code == 204
    await olga.put(f"{N}/{notebook['id']}/blobs/{SHA}", content=b"")
    revision = (await olga.post(f"{N}/{notebook['id']}/revisions", json={"name": "First"})).json()["id"]
    made = (await olga.post(f"{N}/{notebook['id']}/links", json={"role": "viewer"})).json()
    comments = await said(hub, notebook["id"], role) if has_comments else {}
    return Case(
        **comments,
        notebook=notebook["id"],
        folder=folder,
        directory=directory,
        path=notebook["path"],
        revision=revision,
        link=made["link"]["id"],
        secret=made["url"].partition("#")[2],
        trashed=trashed["id"],
        bystander=hub.ids["bystander"],
    )


async def said(hub: TeamHub, notebook: str, role: str) -> dict[str, str]:
    await hub.share("olga", notebook, role, "commenter")
    path, wish = f"{N}/{notebook}/comments", {"cell_id": "c", "body": "Plots"}
    own = (await hub.people[role].post(path, json=wish)).json()["id"]
    comment = (await hub.people["olga"].post(path, json=wish)).json()["id"]
    assert (await hub.people["olga"].delete(f"{N}/{notebook}/shares/{hub.ids[role]}")).status_code == 204
    return {"own_comment": own, "comment": comment}


_numbers = itertools.count()


async def what_olga_sees(hub: TeamHub, case: Case) -> list[Any]:
    """Everything that a refused call could have changed."""
    olga, found = hub.people["olga"], []
    for path in (
        f"{N}/{case.notebook}",
        f"{N}/{case.notebook}/shares",
        f"{N}/{case.notebook}/revisions",
        f"{N}/{case.notebook}/comments",
        f"{F}/{case.folder}/shares?path={case.directory}",
        f"{F}/{case.folder}/entries?path={case.directory}",
        "/api/v1/trash",
    ):
        answer = await olga.get(path)
        found.append((path, answer.status_code, answer.json()))
    return found


@pytest.mark.parametrize("operation", sorted(OBJECTS))
async def test_h01_each_role_may_what_the_table_says_and_no_more(hub: TeamHub, operation: str) -> None:
    weakest, call = OBJECTS[operation]
    for role in ROLES:
        case = await case_for(hub, role, has_comments="/comments" in operation)
        is_allowed = ROLES.index(role) >= ROLES.index(weakest)
        before = [] if is_allowed else await what_olga_sees(hub, case)
        answer = await call(hub.people[role], case)
        if is_allowed:
            assert answer.status_code in (200, 201, 204), (role, answer.text)
            continue
        assert answer.status_code == (404 if role == "nobody" else answer.status_code), (role, answer.text)
        assert answer.status_code in (403, 404), (role, answer.text)
        assert case.path not in answer.text
        assert "Plots" not in answer.text
        assert "etag" not in answer.headers
        assert await what_olga_sees(hub, case) == before, role


@pytest.mark.parametrize("operation", sorted({*OBJECTS, *EVERYBODY, *ADMINISTRATORS}))
async def test_h01_without_a_session_nothing_is_answered(hub: TeamHub, operation: str) -> None:
    method, _, path = operation.partition(" ")
    stranger = await hub.stranger()
    for name in ("notebook_id", "folder_id", "revision_id", "person_id", "link_id", "token_id", "comment_id"):
        path = path.replace(f"{{{name}}}", NEVER)
    path = path.replace("{sha256}", SHA).replace("{user_name}", "ann")
    answer = await stranger.request(method, path, json={} if method != "GET" else None)
    assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")


async def test_h01_only_administrators_administer(hub: TeamHub) -> None:
    for operation in sorted(ADMINISTRATORS):
        method, _, path = operation.partition(" ")
        url = path.replace("{user_name}", "spare")
        for name in ("olga", "owner", "viewer"):
            refused = await hub.people[name].request(method, url, json={} if method != "GET" else None)
            assert refused.status_code == 403, (operation, refused.text)
        allowed = await hub.people["ann"].request(method, url, json={} if method != "GET" else None)
        # This hub has no hosted runtimes; tests/web/test_all_runtimes.py has one that does.
        fine = (404,) if "/admin/runtimes" in path else (200, 201, 204)
        assert allowed.status_code in fine, (operation, allowed.text)


async def test_h01_an_administrator_reads_nobodys_notebooks(hub: TeamHub) -> None:
    notebook = await hub.notebook("olga")
    assert (await hub.people["ann"].get(f"{N}/{notebook['id']}")).status_code == 404


@pytest.mark.parametrize("operation", sorted(COMMAND_LINE))
async def test_h01_nobody_in_a_browser_is_the_command_line(hub: TeamHub, operation: str) -> None:
    method, _, path = operation.partition(" ")
    for client in (hub.people["ann"], await hub.stranger()):
        assert (await client.request(method, path, json={"path": "/"})).status_code == 403


async def test_h01_search_finds_nothing_that_was_not_shared(hub: TeamHub) -> None:
    await hub.join("searcher")
    notebook = await hub.notebook("olga", name="Narwhals")
    await hub.share("olga", notebook["id"], "searcher", "viewer")
    found = {
        name: (await hub.people[name].get("/api/v1/search?q=narwhal")).json()["results"]
        for name in ("nobody", "viewer", "searcher")
    }
    assert [len(results) for results in found.values()] == [0, 0, 1]
    assert found["searcher"][0]["notebook"]["id"] == notebook["id"]


async def test_h01_naming_the_hash_of_anothers_output_gives_nothing_of_it(hub: TeamHub) -> None:
    def file(value: Any) -> bytes:
        """A notebook of one cell that shows this."""
        output = {"output_type": "display_data", "data": {"application/json": value}, "metadata": {}}
        cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": "", "execution_count": 1, "outputs": [output]}
        return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()

    async def downloaded(name: str, content: bytes) -> str:
        """What somebody gets back of what they uploaded, once a page has opened it."""
        person, folder = hub.people[name], await hub.own_folder(name)
        made = await person.post(f"{F}/{folder}/upload?name=up.ipynb&path=", content=content)
        assert made.status_code == 201, made.text
        place = {"folder_id": folder, "path": made.json()["path"]}
        notebook = (await person.post(f"{N}/open", json=place)).json()
        answer = await person.get(f"{N}/{notebook['id']}/download")
        assert answer.status_code == 200
        return answer.text

    secret = "olgas secret " * 10_000
    assert secret in await downloaded("olga", file(secret))
    stored = json.dumps(secret).encode()
    named = {"$blob": hashlib.sha256(stored).hexdigest(), "size_bytes": len(stored)}
    assert "olgas secret" not in await downloaded("nobody", file(named))


async def test_h01_who_may_not_share_learns_of_nobody_else(hub: TeamHub) -> None:
    case = await case_for(hub, "editor")
    for path in (f"{N}/{case.notebook}/shares", f"{F}/{case.folder}/shares?path={case.directory}"):
        seen = (await hub.people["editor"].get(path)).json()
        assert (seen["role"], seen["people"], seen["links"]) == ("editor", [], [])
