"""Comments through the real application, on both databases: who may, what becomes of them, and where they are not."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from runhere_hub.testing.team import TeamHub, team_hub, team_settings

N = "/api/v1/notebooks"
PAYLOAD = "<img src=x onerror=alert(1)> [x](javascript:alert(1)) \u202egnp.exe"


@pytest.fixture
async def hub(tmp_path: Path, static: Path, team_database: str | None) -> AsyncIterator[TeamHub]:
    data = tmp_path / "data"
    data.mkdir()
    async with team_hub(team_settings(data, static, database=team_database)) as running:
        for name in ("olga", "carl", "vera"):
            await running.join(name)
        yield running


async def shared(hub: TeamHub) -> str:
    """A notebook of Olga's that Carl comments and Vera reads."""
    notebook = await hub.notebook("olga")
    await hub.share("olga", notebook["id"], "carl", "commenter")
    await hub.share("olga", notebook["id"], "vera", "viewer")
    return str(notebook["id"])


async def said(hub: TeamHub, who: str, notebook: str) -> list[dict[str, Any]]:
    answer = await hub.people[who].get(f"{N}/{notebook}/comments")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["comments"]
    return found


async def say(hub: TeamHub, who: str, notebook: str, body: str, **more: Any) -> str:
    wish = {"cell_id": "c1", "body": body, **more}
    made = await hub.people[who].post(f"{N}/{notebook}/comments", json=wish)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def test_a_thread_from_question_to_resolved(hub: TeamHub) -> None:
    notebook = await shared(hub)
    first = await say(hub, "carl", notebook, "Why two?", marked={"start": "AAE=", "end": "AAI="})
    reply = await say(hub, "olga", notebook, "Because.", reply_to=first, cell_id="another")
    question, answer = await said(hub, "vera", notebook)
    assert (question["body"], question["author"]["name"], question["cell_id"]) == ("Why two?", "Carl", "c1")
    assert question["marked"] == {"start": "AAE=", "end": "AAI="}
    assert (answer["id"], answer["reply_to"], answer["cell_id"]) == (reply, first, "c1")
    carl = hub.people["carl"]
    edited = await carl.patch(f"{N}/{notebook}/comments/{first}", json={"body": "Why three?"})
    assert edited.status_code == 204
    done = await carl.post(f"{N}/{notebook}/comments/{first}/resolved", json={"resolved": True})
    assert done.status_code == 204
    question = (await said(hub, "vera", notebook))[0]
    assert (question["body"], question["resolver"]["name"]) == ("Why three?", "Carl")
    assert question["edited_at"] is not None
    again = await hub.people["olga"].post(f"{N}/{notebook}/comments/{first}/resolved", json={"resolved": False})
    assert again.status_code == 204
    assert (await said(hub, "vera", notebook))[0]["resolved_at"] is None


async def test_a_deleted_comment_says_nothing_any_more_and_its_replies_stay(hub: TeamHub) -> None:
    notebook = await shared(hub)
    first = await say(hub, "carl", notebook, "SECRET")
    reply = await say(hub, "olga", notebook, "Hush", reply_to=first)
    assert (await hub.people["carl"].delete(f"{N}/{notebook}/comments/{first}")).status_code == 204
    deleted, kept = await said(hub, "vera", notebook)
    assert (deleted["is_deleted"], deleted["body"], deleted["author"]) == (True, "", None)
    assert kept["body"] == "Hush"
    assert (await hub.people["olga"].delete(f"{N}/{notebook}/comments/{reply}")).status_code == 204
    assert await said(hub, "vera", notebook) == []


async def test_nobody_changes_what_somebody_else_said_and_the_owner_may_delete_it(hub: TeamHub) -> None:
    notebook = await shared(hub)
    of_carl, of_olga = await say(hub, "carl", notebook, "Carl's"), await say(hub, "olga", notebook, "Olga's")
    path = f"{N}/{notebook}/comments"
    assert (await hub.people["olga"].patch(f"{path}/{of_carl}", json={"body": "forged"})).status_code == 403
    assert (await hub.people["carl"].patch(f"{path}/{of_olga}", json={"body": "forged"})).status_code == 403
    assert (await hub.people["carl"].delete(f"{path}/{of_olga}")).status_code == 403
    assert [one["body"] for one in await said(hub, "vera", notebook)] == ["Carl's", "Olga's"]
    may = [(one["may_edit"], one["may_delete"]) for one in await said(hub, "olga", notebook)]
    assert may == [(False, True), (True, True)]
    assert (await hub.people["olga"].delete(f"{path}/{of_carl}")).status_code == 204
    assert [one["body"] for one in await said(hub, "vera", notebook)] == ["Olga's"]


async def test_whoever_may_not_comment_any_more_cannot_touch_their_own(hub: TeamHub) -> None:
    notebook = await shared(hub)
    of_carl = await say(hub, "carl", notebook, "Still here")
    await hub.share("olga", notebook, "carl", "viewer")
    carl, path = hub.people["carl"], f"{N}/{notebook}/comments/{of_carl}"
    assert (await carl.patch(path, json={"body": "gone"})).status_code == 403
    assert (await carl.delete(path)).status_code == 403
    [one] = await said(hub, "carl", notebook)
    assert (one["body"], one["may_edit"], one["may_delete"]) == ("Still here", False, False)


async def test_a_comments_id_is_no_authority_over_another_notebook(hub: TeamHub) -> None:
    notebook, other = await shared(hub), await hub.notebook("carl")
    of_olga = await say(hub, "olga", notebook, "Mine")
    carl = hub.people["carl"]
    for method, path, body in (
        ("PATCH", of_olga, {"body": "x"}),
        ("DELETE", of_olga, None),
        ("POST", f"{of_olga}/resolved", {"resolved": True}),
    ):
        answer = await carl.request(method, f"{N}/{other['id']}/comments/{path}", json=body)
        assert answer.status_code == 404, (method, answer.text)
    refused = await carl.post(f"{N}/{other['id']}/comments", json={"cell_id": "c", "body": "x", "reply_to": of_olga})
    assert refused.status_code == 404
    assert [(one["body"], one["resolved_at"]) for one in await said(hub, "olga", notebook)] == [("Mine", None)]


async def test_text_comes_back_as_it_was_and_too_fast_is_told(hub: TeamHub) -> None:
    notebook = await shared(hub)
    await say(hub, "carl", notebook, PAYLOAD)
    assert (await said(hub, "vera", notebook))[0]["body"] == PAYLOAD
    lone = await hub.people["carl"].post(f"{N}/{notebook}/comments", content='{"cell_id":"c","body":"a\\ud800"}')
    assert lone.status_code in (201, 422), lone.text
    answers = [
        (await hub.people["carl"].post(f"{N}/{notebook}/comments", json={"cell_id": "c", "body": str(n)})).status_code
        for n in range(40)
    ]
    assert 429 in answers
    assert set(answers) == {201, 429}
    assert await say(hub, "olga", notebook, "still heard")


async def test_comments_are_in_no_file_and_no_copy_and_go_with_the_notebook(hub: TeamHub) -> None:
    notebook = await shared(hub)
    await say(hub, "carl", notebook, "ONLYHERE")
    olga = hub.people["olga"]
    file = (await olga.get(f"{N}/{notebook}/download")).text
    assert "ONLYHERE" not in file
    assert json.loads(file)["nbformat"] == 4
    copy = (await olga.post(f"{N}/{notebook}/duplicate", json={})).json()
    assert await said(hub, "olga", copy["id"]) == []
    assert (await olga.delete(f"{N}/{notebook}")).status_code == 204
    assert (await olga.get(f"{N}/{notebook}/comments")).status_code == 404
    assert (await olga.post(f"/api/v1/trash/{notebook}/restore", json={})).status_code == 200
    assert [one["body"] for one in await said(hub, "olga", notebook)] == ["ONLYHERE"]
    assert (await olga.delete(f"{N}/{notebook}")).status_code == 204
    assert (await olga.delete(f"/api/v1/trash/{notebook}")).status_code == 204
    assert (await olga.get(f"{N}/{notebook}/comments")).status_code == 404
