"""Is the hub alive?"""

from runhere_hub.web import models
from runhere_hub.web.deps import ServicesDep
from runhere_hub.web.labels import Routes, Who

routes = Routes(tag="health")


@routes.add("GET", "/healthz", who=Who.ANYONE)
def health(services: ServicesDep) -> models.Health:
    return models.Health(status="ok", version=services.version)
