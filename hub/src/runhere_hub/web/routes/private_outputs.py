"""Whether outputs stay at home: a notebook's, a cell's, those of new notebooks."""

from runhere_hub.services import private_outputs
from runhere_hub.web import models
from runhere_hub.web.deps import CellIdQuery, NotebookIdPath, PersonDep, ServicesDep
from runhere_hub.web.labels import Routes, Who

routes = Routes("/api/v1", tag="notebooks")


@routes.add("GET", "/new-notebooks", who=Who.PERSON)
async def get_new_notebooks(person: PersonDep, services: ServicesDep) -> models.NewNotebooks:
    return models.NewNotebooks.model_validate(await private_outputs.new_notebooks(services.drive, person))


@routes.add("PUT", "/new-notebooks", who=Who.PERSON, errors=(422,))
async def choose_for_new_notebooks(
    body: models.ForNewNotebooks, person: PersonDep, services: ServicesDep
) -> models.NewNotebooks:
    found = await private_outputs.choose_for_new_notebooks(services.drive, person, omit=body.omit)
    return models.NewNotebooks.model_validate(found)


@routes.add("GET", "/notebooks/{notebook_id}/outputs", who=Who.PERSON, errors=(404,))
async def get_stored_outputs(
    notebook_id: NotebookIdPath, person: PersonDep, services: ServicesDep, cell: CellIdQuery = None
) -> models.StoredOutputs:
    found = await private_outputs.stored_outputs(services.drive, person, notebook_id, cell)
    return models.StoredOutputs.model_validate(found)


@routes.add("PUT", "/notebooks/{notebook_id}/outputs", who=Who.PERSON, errors=(403, 404, 503))
async def omit_outputs(
    notebook_id: NotebookIdPath, body: models.OmitOutputs, person: PersonDep, services: ServicesDep
) -> models.StoredOutputs:
    await private_outputs.omit_outputs(services.drive, person, notebook_id, omit=body.omit, cell_id=body.cell_id)
    found = await private_outputs.stored_outputs(services.drive, person, notebook_id, body.cell_id)
    return models.StoredOutputs.model_validate(found)
