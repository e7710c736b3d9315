"""Sign in with a one-time code, see who one is, sign out."""

from fastapi import Request, Response

from runhere_hub.services import session
from runhere_hub.web import models
from runhere_hub.web.deps import PersonDep, Services, ServicesDep, own_origin
from runhere_hub.web.labels import Routes, Who

routes = Routes("/api/v1/session", tag="session")


@routes.add("POST", "", who=Who.ANYONE, errors=(401, 403, 422, 429))
async def sign_in(body: models.SignIn, request: Request, response: Response, services: ServicesDep) -> models.Session:
    opened = await session.sign_in(services.sign_in, body.code)
    response.set_cookie(
        services.cookie_name, opened.token, max_age=opened.max_age_s, path="/", httponly=True, samesite="strict"
    )
    return _answer(models.Person.model_validate(opened.person), request, services)


@routes.add("GET", "", who=Who.PERSON)
async def get_session(person: PersonDep, request: Request, services: ServicesDep) -> models.Session:
    return _answer(models.Person.model_validate(person), request, services)


@routes.add("DELETE", "", who=Who.PERSON, status=204)
async def sign_out(request: Request, response: Response, services: ServicesDep) -> None:
    await session.sign_out(services.sign_in, request.cookies[services.cookie_name])
    response.delete_cookie(services.cookie_name, path="/", httponly=True, samesite="strict")


def _answer(person: models.Person, request: Request, services: Services) -> models.Session:
    return models.Session(
        person=person,
        mode="one_person",
        version=services.version,
        origin=own_origin(request),
        data_dir_label=services.data_dir_label,
    )
