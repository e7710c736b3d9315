"""Is the hub alive, and its database with it?"""

from runhere_hub.services import health as service
from runhere_hub.web import models
from runhere_hub.web.deps import ServicesDep
from runhere_hub.web.labels import Routes, Who

routes = Routes(tag="health")


@routes.add("GET", "/healthz", who=Who.ANYONE, errors=(503,))
async def health(services: ServicesDep) -> models.Health:
    await service.check(services.drive.db)
    return models.Health(status="ok", version=services.version)
