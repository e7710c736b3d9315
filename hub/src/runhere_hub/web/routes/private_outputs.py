"""Whether a notebook's outputs stay at home."""

from runhere_hub.services import private_outputs
from runhere_hub.web import models
from runhere_hub.web.deps import NotebookIdPath, PersonDep, ServicesDep
from runhere_hub.web.labels import Routes, Who

routes = Routes("/api/v1/notebooks/{notebook_id}/outputs", tag="notebooks")


@routes.add("GET", "", who=Who.PERSON, errors=(404,))
async def get_stored_outputs(
    notebook_id: NotebookIdPath, person: PersonDep, services: ServicesDep
) -> models.StoredOutputs:
    found = await private_outputs.stored_outputs(services.drive, person, notebook_id)
    return models.StoredOutputs.model_validate(found)


@routes.add("PUT", "", who=Who.PERSON, errors=(403, 404, 503))
async def omit_outputs(
    notebook_id: NotebookIdPath, body: models.OmitOutputs, person: PersonDep, services: ServicesDep
) -> models.StoredOutputs:
    await private_outputs.omit_outputs(services.drive, person, notebook_id, omit=body.omit)
    found = await private_outputs.stored_outputs(services.drive, person, notebook_id)
    return models.StoredOutputs.model_validate(found)
