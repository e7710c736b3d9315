"""Versions of a notebook: list, name, look into, restore."""

from runhere_hub.core.errors import NotFound
from runhere_hub.services import notebooks, people
from runhere_hub.services import revisions as versions
from runhere_hub.store.revisions import RevisionInfo
from runhere_hub.web import models
from runhere_hub.web.deps import NotebookIdPath, PersonDep, RevisionIdPath, Services, ServicesDep
from runhere_hub.web.labels import Routes, Who

routes = Routes("/api/v1/notebooks/{notebook_id}/revisions", tag="revisions")


@routes.add("GET", "", who=Who.PERSON, errors=(404, 429))
async def list_revisions(notebook_id: NotebookIdPath, person: PersonDep, services: ServicesDep) -> models.Revisions:
    await notebooks.may_read(services.drive, person, notebook_id)
    async with services.drive.history.working(person.id):
        found = await versions.list_revisions(services.drive.db, notebook_id)
        return models.Revisions(revisions=await _shown(services, *found))


@routes.add("POST", "", who=Who.PERSON, status=201, errors=(404, 422, 429, 503))
async def create_revision(
    notebook_id: NotebookIdPath, body: models.NameRevision, person: PersonDep, services: ServicesDep
) -> models.Revision:
    await notebooks.may_edit(services.drive, person, notebook_id)
    async with services.drive.history.working(person.id):
        room = await services.registry.open(notebook_id)
        [shown] = await _shown(services, await room.revise(name=body.name, person=person))
    return shown


@routes.add("GET", "/{revision_id}", who=Who.PERSON, errors=(404, 429))
async def get_revision(
    notebook_id: NotebookIdPath, revision_id: RevisionIdPath, person: PersonDep, services: ServicesDep
) -> models.RevisionContent:
    await notebooks.may_read(services.drive, person, notebook_id)
    async with services.drive.history.working(person.id):
        await _belongs(services, notebook_id, revision_id)
        notebook = await versions.read_revision(services.drive.db, revision_id)
    cells = [models.RevisionCell(cell_id=c.id, type=c.type, source=c.source) for c in notebook.cells]
    return models.RevisionContent(cells=cells)


@routes.add("GET", "/{revision_id}/outputs", who=Who.PERSON, errors=(404, 429))
async def get_revision_outputs(
    notebook_id: NotebookIdPath, revision_id: RevisionIdPath, person: PersonDep, services: ServicesDep
) -> models.RevisionOutputs:
    await notebooks.may_read(services.drive, person, notebook_id)
    async with services.drive.history.working(person.id):
        await _belongs(services, notebook_id, revision_id)
        shown = await versions.read_outputs(services.drive.db, revision_id)
    return models.RevisionOutputs(cells=[models.ShownOutputs.model_validate(one) for one in shown])


@routes.add("PATCH", "/{revision_id}", who=Who.PERSON, errors=(404, 422, 429, 503))
async def name_revision(
    notebook_id: NotebookIdPath,
    revision_id: RevisionIdPath,
    body: models.NameRevision,
    person: PersonDep,
    services: ServicesDep,
) -> models.Revision:
    await notebooks.may_edit(services.drive, person, notebook_id)
    async with services.drive.history.working(person.id):
        await _belongs(services, notebook_id, revision_id)
        named = await versions.name(services.drive.db, revision_id, body.name, person_id=person.id)
        [shown] = await _shown(services, named)
    return shown


@routes.add("POST", "/{revision_id}/restore", who=Who.PERSON, errors=(404, 429, 503))
async def restore_revision(
    notebook_id: NotebookIdPath, revision_id: RevisionIdPath, person: PersonDep, services: ServicesDep
) -> models.Restored:
    await notebooks.may_edit(services.drive, person, notebook_id)
    async with services.drive.history.working(person.id):
        await _belongs(services, notebook_id, revision_id)
        room = await services.registry.open(notebook_id)
        done = await room.restore(revision_id, person)
        before, after = await _shown(services, done.before, done.after)
    return models.Restored(before=before, after=after)


async def _belongs(services: Services, notebook_id: str, revision_id: str) -> None:
    """Return when the revision is one of this notebook: its id alone opens nothing."""
    revision = await versions.get(services.drive.db, revision_id)
    if revision.info.notebook_id != notebook_id:
        raise NotFound("There is no such version of this notebook.")


async def _shown(services: Services, *found: RevisionInfo) -> list[models.Revision]:
    named = {one for info in found for one in (info.person_id, *info.editors) if one is not None}
    known = {
        one: models.Person.model_validate(person)
        for one, person in (await people.by_id(services.drive.db, named)).items()
    }
    return [
        models.Revision(
            id=info.id,
            seq=info.seq,
            kind=info.kind,
            name=info.name,
            created_at=info.created_at,
            person=known.get(info.person_id or ""),
            editors=[known[editor] for editor in info.editors if editor in known],
            restored_from=info.restored_from,
        )
        for info in found
    ]
