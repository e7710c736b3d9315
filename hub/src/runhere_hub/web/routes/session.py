"""Sign in with a one-time code, see who one is, sign out."""

from fastapi import Request, Response

from runhere_hub.core.identity import Person
from runhere_hub.services import accounts, session
from runhere_hub.services.session import Opened
from runhere_hub.web import models
from runhere_hub.web.deps import CameDep, PersonDep, Services, ServicesDep, TeamServices, came_from, own_origin
from runhere_hub.web.labels import Routes, Who

routes = Routes("/api/v1/session", tag="session")


@routes.add("POST", "", who=Who.ANYONE, errors=(401, 403, 422, 429))
async def sign_in(body: models.SignIn, request: Request, response: Response, services: ServicesDep) -> models.Session:
    return await signed_in(await session.sign_in(services.sign_in, body.code), request, response, services)


@routes.add("GET", "", who=Who.PERSON)
async def get_session(person: PersonDep, request: Request, services: ServicesDep) -> models.Session:
    return await _answer(person, request, services)


@routes.add("DELETE", "", who=Who.PERSON, status=204)
async def sign_out(request: Request, response: Response, services: ServicesDep, came: CameDep) -> None:
    token = request.cookies.get(services.cookie_name)
    if token is not None:
        await session.sign_out(services.sign_in, token, came)
    response.delete_cookie(services.cookie_name, path="/", httponly=True, samesite="strict", secure=_is_https(services))


@routes.add("GET", "/ways", who=Who.ANYONE)
def sign_in_ways(services: ServicesDep) -> models.SignInWays:
    if services.team is None:
        return models.SignInWays(mode="one_person", password=False, sign_up=False, provider=None)
    accounts = services.team.accounts
    provider = accounts.provider.name if accounts.provider else None
    return models.SignInWays(mode="team", password=True, sign_up=accounts.is_open, provider=provider)


async def signed_in(opened: Opened, request: Request, response: Response, services: Services) -> models.Session:
    """Put a new session into the cookie; the one that was there ends, so that none outlives a sign-in."""
    before = request.cookies.get(services.cookie_name)
    if before is not None:
        await session.sign_out(services.sign_in, before, came_from(request))
    response.set_cookie(
        services.cookie_name,
        opened.token,
        max_age=opened.max_age_s,
        path="/",
        httponly=True,
        samesite="strict",
        secure=_is_https(services),
    )
    return await _answer(opened.person, request, services)


def _is_https(services: Services) -> bool:
    return services.team is not None and services.team.is_https


async def _answer(person: Person, request: Request, services: Services) -> models.Session:
    team = services.team
    account = await accounts.of(team.accounts, person) if team is not None else None
    return models.Session(
        person=models.Person.model_validate(person),
        mode="one_person" if team is None else "team",
        version=services.version,
        origin=own_origin(request),
        data_dir_label=services.data_dir_label,
        user_name=account.user_name if account is not None else "",
        is_admin=account.is_admin if account is not None else False,
        hosted_provider=team.hosted_provider if team is not None else None,
        hosted_url=_hosted_url(team, own_origin(request)) if team is not None else None,
    )


def _hosted_url(team: TeamServices, origin: str) -> str | None:
    if team.hosted is None:
        return None
    hosts = team.hosted.hosts
    return f"{origin}/rt/*/" if hosts is None else f"{hosts.any_origin}/"
