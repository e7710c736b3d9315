"""Versions of a notebook: list, name, look into, restore."""

from runhere_hub.core.errors import NotFound
from runhere_hub.core.identity import Person
from runhere_hub.services import notebooks, people
from runhere_hub.services import revisions as versions
from runhere_hub.store.revisions import RevisionInfo
from runhere_hub.web import models
from runhere_hub.web.deps import NotebookIdPath, PersonDep, RevisionIdPath, Services, ServicesDep
from runhere_hub.web.labels import Routes, Who

routes = Routes("/api/v1/notebooks/{notebook_id}/revisions", tag="revisions")


@routes.add("GET", "", who=Who.PERSON, errors=(404,))
async def list_revisions(notebook_id: NotebookIdPath, person: PersonDep, services: ServicesDep) -> models.Revisions:
    await notebooks.may_read(services.drive, person, notebook_id)
    found = await versions.list_revisions(services.drive.db, notebook_id)
    known = await people.by_id(services.drive.db, {info.person_id for info in found if info.person_id})
    return models.Revisions(revisions=[_shown(info, known) for info in found])


@routes.add("POST", "", who=Who.PERSON, status=201, errors=(404, 422, 503))
async def create_revision(
    notebook_id: NotebookIdPath, body: models.NameRevision, person: PersonDep, services: ServicesDep
) -> models.Revision:
    await notebooks.may_edit(services.drive, person, notebook_id)
    room = await services.registry.open(notebook_id)
    return _shown(await room.revise(name=body.name, person=person), {person.id: person})


@routes.add("GET", "/{revision_id}", who=Who.PERSON, errors=(404,))
async def get_revision(
    notebook_id: NotebookIdPath, revision_id: RevisionIdPath, person: PersonDep, services: ServicesDep
) -> models.RevisionContent:
    await notebooks.may_read(services.drive, person, notebook_id)
    await _belongs(services, notebook_id, revision_id)
    notebook = await versions.read_revision(services.drive.db, revision_id)
    cells = [models.RevisionCell(cell_id=c.id, type=c.type, source=c.source) for c in notebook.cells]
    return models.RevisionContent(cells=cells)


@routes.add("POST", "/{revision_id}/restore", who=Who.PERSON, status=204, errors=(404, 503))
async def restore_revision(
    notebook_id: NotebookIdPath, revision_id: RevisionIdPath, person: PersonDep, services: ServicesDep
) -> None:
    await notebooks.may_edit(services.drive, person, notebook_id)
    await _belongs(services, notebook_id, revision_id)
    room = await services.registry.open(notebook_id)
    await room.restore(revision_id, person)


async def _belongs(services: Services, notebook_id: str, revision_id: str) -> None:
    """Return when the revision is one of this notebook: its id alone opens nothing."""
    revision = await versions.get(services.drive.db, revision_id)
    if revision.info.notebook_id != notebook_id:
        raise NotFound("There is no such version of this notebook.")


def _shown(info: RevisionInfo, known: dict[str, Person]) -> models.Revision:
    person = known.get(info.person_id) if info.person_id else None
    return models.Revision(
        id=info.id,
        seq=info.seq,
        kind="named" if info.kind == "named" else "auto",
        name=info.name,
        created_at=info.created_at,
        person=models.Person.model_validate(person) if person else None,
    )
