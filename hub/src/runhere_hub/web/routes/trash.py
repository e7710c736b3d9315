"""The trash: see, put back, delete for good."""

from runhere_hub.services import trash
from runhere_hub.web import models
from runhere_hub.web.deps import NotebookIdPath, PersonDep, ServicesDep
from runhere_hub.web.labels import Routes, Who

routes = Routes("/api/v1/trash", tag="trash")


@routes.add("GET", "", who=Who.PERSON)
async def list_trash(person: PersonDep, services: ServicesDep) -> models.Trash:
    entries = await trash.entries(services.drive, person)
    return models.Trash(entries=[models.TrashEntry.model_validate(e) for e in entries])


@routes.add("POST", "/{notebook_id}/restore", who=Who.PERSON, errors=(404, 409, 503))
async def restore_notebook(notebook_id: NotebookIdPath, person: PersonDep, services: ServicesDep) -> models.Notebook:
    return models.Notebook.model_validate(await trash.restore(services.drive, person, notebook_id))


@routes.add("DELETE", "/{notebook_id}", who=Who.PERSON, status=204, errors=(404, 503))
async def delete_forever(notebook_id: NotebookIdPath, person: PersonDep, services: ServicesDep) -> None:
    await trash.delete(services.drive, person, notebook_id)
