"""Versions of a notebook: list, name, look into, restore."""

from runhere_hub.services import notebooks
from runhere_hub.web import models
from runhere_hub.web.deps import NotebookIdPath, PersonDep, RevisionIdPath, ServicesDep
from runhere_hub.web.labels import Routes, Who

routes = Routes("/api/v1/notebooks/{notebook_id}/revisions", tag="revisions")


@routes.add("GET", "", who=Who.PERSON, errors=(404,))
async def list_revisions(notebook_id: NotebookIdPath, person: PersonDep, services: ServicesDep) -> models.Revisions:
    await notebooks.may_read(services.drive, person, notebook_id)
    return models.Revisions(revisions=await services.revisions.list(notebook_id))


@routes.add("POST", "", who=Who.PERSON, status=201, errors=(404, 422, 503))
async def create_revision(
    notebook_id: NotebookIdPath, body: models.NameRevision, person: PersonDep, services: ServicesDep
) -> models.Revision:
    await notebooks.may_edit(services.drive, person, notebook_id)
    return await services.revisions.create(notebook_id, name=body.name, person=person)


@routes.add("GET", "/{revision_id}", who=Who.PERSON, errors=(404,))
async def get_revision(
    notebook_id: NotebookIdPath, revision_id: RevisionIdPath, person: PersonDep, services: ServicesDep
) -> models.RevisionContent:
    await notebooks.may_read(services.drive, person, notebook_id)
    return await services.revisions.read(notebook_id, revision_id)


@routes.add("POST", "/{revision_id}/restore", who=Who.PERSON, status=204, errors=(404, 503))
async def restore_revision(
    notebook_id: NotebookIdPath, revision_id: RevisionIdPath, person: PersonDep, services: ServicesDep
) -> None:
    await notebooks.may_edit(services.drive, person, notebook_id)
    await services.revisions.restore(notebook_id, revision_id, person=person)
