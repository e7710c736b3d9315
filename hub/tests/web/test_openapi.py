"""The contract in docs/openapi.json is what the hub speaks."""

import json
from pathlib import Path

from runhere_hub.testing.serving import Hub
from runhere_hub.web.openapi import document

FILE = Path(__file__).parents[3] / "docs" / "openapi.json"


def test_the_committed_document_is_as_generated() -> None:
    assert json.loads(FILE.read_text(encoding="utf-8")) == json.loads(json.dumps(document())), "run `make schema`"


def test_every_operation_has_a_name_of_its_own_and_says_how_it_refuses() -> None:
    operations = [op for path in json.loads(FILE.read_text(encoding="utf-8"))["paths"].values() for op in path.values()]
    names = [op["operationId"] for op in operations]
    assert len(set(names)) == len(names)
    for op in operations:
        for status, answer in op["responses"].items():
            if int(status) >= 400:
                schema = answer["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/ErrorBody"}, (op["operationId"], status)


async def test_the_hub_serves_its_document(hub: Hub) -> None:
    assert (await hub.stranger.get("/api/v1/openapi.json")).json() == json.loads(FILE.read_text(encoding="utf-8"))
