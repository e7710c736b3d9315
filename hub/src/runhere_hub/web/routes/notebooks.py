"""Notebooks as files: make, open, rename, move, copy, trash, download."""

from typing import Annotated
from urllib.parse import quote

from fastapi import Query, Response

from runhere_hub.rooms.distant_file import exchange
from runhere_hub.services import notebooks, trash
from runhere_hub.web import models
from runhere_hub.web.deps import NotebookIdPath, PersonDep, ServicesDep
from runhere_hub.web.labels import UPLOAD_LIMIT_BYTES, Routes, Who

routes = Routes("/api/v1/notebooks", tag="notebooks")


@routes.add("POST", "", who=Who.PERSON, status=201, errors=(404, 422, 503))
async def create_notebook(body: models.NewNotebook, person: PersonDep, services: ServicesDep) -> models.Notebook:
    made = await notebooks.create(services.drive, person, folder_id=body.folder_id, path=body.path, name=body.name)
    return models.Notebook.model_validate(made)


@routes.add("POST", "/open", who=Who.PERSON, errors=(404, 409, 422, 503))
async def open_notebook(body: models.OpenNotebook, person: PersonDep, services: ServicesDep) -> models.Notebook:
    opened = await notebooks.open_file(
        services.drive, person, folder_id=body.folder_id, path=body.path, accept=body.accept
    )
    return models.Notebook.model_validate(opened)


@routes.add("POST", "/identify", who=Who.PERSON, errors=(404, 422, 503))
async def identify_notebook(body: models.IdentifyNotebook, person: PersonDep, services: ServicesDep) -> models.Notebook:
    """The id of a notebook file without reading it, so that one that cannot be opened can be renamed or trashed."""
    found = await notebooks.identify(services.drive, person, folder_id=body.folder_id, path=body.path)
    return models.Notebook.model_validate(found)


@routes.add("GET", "/{notebook_id}", who=Who.PERSON, errors=(404,))
async def get_notebook(notebook_id: NotebookIdPath, person: PersonDep, services: ServicesDep) -> models.Notebook:
    return models.Notebook.model_validate(await notebooks.get(services.drive, person, notebook_id))


@routes.add("PATCH", "/{notebook_id}", who=Who.PERSON, errors=(404, 409, 422, 503))
async def change_notebook(
    notebook_id: NotebookIdPath, body: models.ChangeNotebook, person: PersonDep, services: ServicesDep
) -> models.Notebook:
    changed = await notebooks.move(
        services.drive, person, notebook_id, name=body.name, folder_id=body.folder_id, path=body.path
    )
    return models.Notebook.model_validate(changed)


@routes.add("POST", "/{notebook_id}/duplicate", who=Who.PERSON, status=201, errors=(404, 429, 503))
async def duplicate_notebook(notebook_id: NotebookIdPath, person: PersonDep, services: ServicesDep) -> models.Notebook:
    return models.Notebook.model_validate(await notebooks.duplicate(services.drive, person, notebook_id))


@routes.add(
    "POST", "/{notebook_id}/file", who=Who.PERSON, max_body_bytes=2 * UPLOAD_LIMIT_BYTES, errors=(404, 413, 422, 503)
)
async def exchange_file(
    notebook_id: NotebookIdPath, body: models.DistantFile, person: PersonDep, services: ServicesDep
) -> models.ExchangedFile:
    """Merge what others changed in a file that only the page reaches; the answer is what is to be written there."""
    await notebooks.may_edit(services.drive, person, notebook_id)
    room = await services.registry.open(notebook_id)
    return models.ExchangedFile.model_validate(await exchange(room, body.file, body.base))


@routes.add("DELETE", "/{notebook_id}", who=Who.PERSON, status=204, errors=(404, 503))
async def trash_notebook(notebook_id: NotebookIdPath, person: PersonDep, services: ServicesDep) -> None:
    await trash.put(services.drive, person, notebook_id)


@routes.add("GET", "/{notebook_id}/download", who=Who.PERSON, errors=(404, 422, 429, 503))
async def download_notebook(
    notebook_id: NotebookIdPath,
    person: PersonDep,
    services: ServicesDep,
    outputs: Annotated[bool, Query()] = True,
) -> Response:
    file = await notebooks.download(services.drive, person, notebook_id, with_outputs=outputs)
    disposition = f"attachment; filename*=UTF-8''{quote(file.name)}"
    return Response(file.data, media_type="application/x-ipynb+json", headers={"Content-Disposition": disposition})
