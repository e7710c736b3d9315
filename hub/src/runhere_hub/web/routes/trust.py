"""What may run on the caller's own machine without a question (ADR 26)."""

from typing import Annotated

from fastapi import Path

from runhere_hub.services import trust
from runhere_hub.web import models
from runhere_hub.web.deps import NotebookIdPath, PersonDep, ServicesDep
from runhere_hub.web.labels import UPLOAD_LIMIT_BYTES, Routes, Who

routes = Routes("/api/v1", tag="trust")


@routes.add(
    "POST",
    "/notebooks/{notebook_id}/trust/look",
    who=Who.PERSON,
    max_body_bytes=UPLOAD_LIMIT_BYTES,
    errors=(404, 422, 503),
)
async def judge_cells(
    notebook_id: NotebookIdPath, body: models.AskTrust, person: PersonDep, services: ServicesDep
) -> models.Judgement:
    """Whether these cells, by the digests of what would run, may run unasked."""
    asked = {cell.cell_id: cell.digest for cell in body.cells}
    return models.Judgement.model_validate(await trust.look(services.drive, person, notebook_id, asked))


@routes.add(
    "POST",
    "/notebooks/{notebook_id}/trust",
    who=Who.PERSON,
    status=204,
    max_body_bytes=UPLOAD_LIMIT_BYTES,
    errors=(404, 422, 503),
)
async def trust_cells(
    notebook_id: NotebookIdPath, body: models.TrustCells, person: PersonDep, services: ServicesDep
) -> None:
    cells = [(cell.cell_id, cell.source) for cell in body.cells]
    await trust.trust_cells(services.drive, person, notebook_id, cells, seq=body.seq, unknown=body.unknown)


@routes.add("DELETE", "/notebooks/{notebook_id}/trust", who=Who.PERSON, status=204, errors=(404, 503))
async def revoke_notebook_trust(notebook_id: NotebookIdPath, person: PersonDep, services: ServicesDep) -> None:
    await trust.revoke_notebook(services.drive, person, notebook_id)


@routes.add("GET", "/trust", who=Who.PERSON)
async def list_trust(person: PersonDep, services: ServicesDep) -> models.Trusted:
    authors, notebooks = await trust.everything(services.drive, person)
    return models.Trusted(
        authors=[models.TrustedAuthor.model_validate(one) for one in authors],
        notebooks=[models.TrustedNotebook.model_validate(one) for one in notebooks],
    )


@routes.add("POST", "/trust/authors", who=Who.PERSON, status=204, errors=(404, 422, 503))
async def trust_author(body: models.TrustAuthor, person: PersonDep, services: ServicesDep) -> None:
    await trust.trust_author(services.drive, person, body.person_id)


@routes.add("DELETE", "/trust/authors/{person_id}", who=Who.PERSON, status=204, errors=(404, 503))
async def revoke_author_trust(
    person_id: Annotated[str, Path(pattern="^[0-9a-f]{32}$")], person: PersonDep, services: ServicesDep
) -> None:
    await trust.revoke_author(services.drive, person, person_id)
