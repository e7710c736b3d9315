"""Home, bound folders, what is in them, upload."""

from typing import Annotated

from fastapi import Query, Request

from runhere_hub.services import folders, home, upload
from runhere_hub.web import models
from runhere_hub.web.deps import FolderIdPath, PersonDep, ServicesDep
from runhere_hub.web.labels import UPLOAD_LIMIT_BYTES, Routes, Who

routes = Routes("/api/v1", tag="home")

PathQuery = Annotated[str, Query(max_length=4096)]
NameQuery = Annotated[str, Query(min_length=1, max_length=255)]


@routes.add("GET", "/home", who=Who.PERSON)
async def get_home(person: PersonDep, services: ServicesDep) -> models.Home:
    return models.Home.model_validate(await home.home(services.drive, person))


@routes.add("GET", "/folders/{folder_id}/entries", who=Who.PERSON, errors=(404, 422, 503))
async def list_entries(
    folder_id: FolderIdPath, person: PersonDep, services: ServicesDep, path: PathQuery = ""
) -> models.Entries:
    found = await folders.entries(services.drive, person, folder_id, path)
    return models.Entries(entries=[models.Entry.model_validate(e) for e in found])


@routes.add("POST", "/folders/{folder_id}/folders", who=Who.PERSON, status=201, errors=(404, 409, 422, 503))
async def create_folder(
    folder_id: FolderIdPath, body: models.NewFolder, person: PersonDep, services: ServicesDep
) -> models.Entry:
    return models.Entry.model_validate(await folders.create(services.drive, person, folder_id, body.path))


@routes.add("PATCH", "/folders/{folder_id}/folders", who=Who.PERSON, errors=(404, 409, 422))
async def move_folder(
    folder_id: FolderIdPath, body: models.MoveFolder, person: PersonDep, services: ServicesDep
) -> models.Entry:
    moved = await folders.move(services.drive, person, folder_id, body.path, body.to)
    return models.Entry.model_validate(moved)


@routes.add("DELETE", "/folders/{folder_id}/folders", who=Who.PERSON, errors=(404, 422))
async def trash_folder(
    folder_id: FolderIdPath, person: PersonDep, services: ServicesDep, path: PathQuery = ""
) -> models.TrashedFolder:
    return models.TrashedFolder(notebooks=await folders.trash(services.drive, person, folder_id, path))


@routes.add(
    "POST",
    "/folders/{folder_id}/upload",
    who=Who.PERSON,
    status=201,
    max_body_bytes=UPLOAD_LIMIT_BYTES,
    takes_bytes=True,
    errors=(404, 413, 422, 503),
)
async def upload_file(
    folder_id: FolderIdPath,
    name: NameQuery,
    request: Request,
    person: PersonDep,
    services: ServicesDep,
    path: PathQuery = "",
) -> models.Entry:
    entry = await upload.upload(services.drive, person, folder_id, path=path, name=name, chunks=request.stream())
    return models.Entry.model_validate(entry)
