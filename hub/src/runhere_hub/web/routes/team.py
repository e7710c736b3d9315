"""Accounts of a hub for several people: come in, sign in, passwords, tokens; what administrators do."""

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Path, Query, Request, Response

from runhere_hub.core.errors import LogoutRefused
from runhere_hub.core.identity import Person
from runhere_hub.services import accounts, elsewhere, session
from runhere_hub.services.accounts import Wish
from runhere_hub.services.elsewhere import Back
from runhere_hub.web import models
from runhere_hub.web.deps import CameDep, PersonDep, Services, ServicesDep, TeamDep, own_origin
from runhere_hub.web.labels import KIB, Routes, Who
from runhere_hub.web.routes.session import signed_in

routes = Routes("/api/v1", tag="team")

_ELSEWHERE_COOKIE = "runhere_elsewhere"
_ELSEWHERE_LIFE_S = 600
UserNamePath = Annotated[str, Path(min_length=1, max_length=64)]
TokenIdPath = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]


# --- coming in and signing in ----------------------------------------------------------------------------------------


@routes.add("POST", "/session/password", who=Who.ANYONE, errors=(401, 403, 422, 429))
async def sign_in_with_password(
    body: models.PasswordSignIn,
    request: Request,
    response: Response,
    services: ServicesDep,
    team: TeamDep,
    came: CameDep,
) -> models.Session:
    opened = await accounts.sign_in(team.accounts, body.user_name, body.password, came)
    return await signed_in(opened, request, response, services)


@routes.add("POST", "/invitations/look", who=Who.ANYONE, errors=(401, 403, 422, 429))
async def look_at_invitation(body: models.InvitationCode, team: TeamDep, came: CameDep) -> models.InvitationView:
    found = await accounts.look(team.accounts, body.code, came)
    return models.InvitationView(
        kind="new" if found.person_id is None else "reset", user_name=found.user_name, is_admin=found.is_admin
    )


@routes.add("POST", "/invitations/accept", who=Who.ANYONE, errors=(401, 403, 409, 422, 429))
async def accept_invitation(
    body: models.AcceptInvitation,
    request: Request,
    response: Response,
    services: ServicesDep,
    team: TeamDep,
    came: CameDep,
) -> models.Session:
    wish = Wish(body.user_name, body.name, body.password)
    opened = await accounts.accept(team.accounts, body.code, wish, came)
    return await signed_in(opened, request, response, services)


@routes.add("POST", "/accounts", who=Who.ANYONE, errors=(403, 409, 422, 429))
async def sign_up(
    body: models.SignUp, request: Request, response: Response, services: ServicesDep, team: TeamDep, came: CameDep
) -> models.Session:
    opened = await accounts.sign_up(team.accounts, Wish(body.user_name, body.name, body.password), came)
    return await signed_in(opened, request, response, services)


@routes.add("POST", "/session/elsewhere", who=Who.ANYONE, errors=(403, 404, 422, 503))
async def go_elsewhere(body: models.GoElsewhere, response: Response, team: TeamDep) -> models.Elsewhere:
    going = await elsewhere.begin(team.accounts, body.next_path)
    response.set_cookie(
        _cookie(team.is_https),
        going.browser,
        max_age=_ELSEWHERE_LIFE_S,
        path="/",
        httponly=True,
        samesite="strict",  # it is only shown to our own page's request, after the provider sent the browser back
        secure=team.is_https,
    )
    return models.Elsewhere(url=going.url)


@routes.add("POST", "/session/elsewhere/back", who=Who.ANYONE, errors=(401, 403, 404, 422, 429, 503))
async def come_back(
    body: models.ComeBack, request: Request, response: Response, services: ServicesDep, team: TeamDep, came: CameDep
) -> models.Arrived:
    name = _cookie(team.is_https)
    back = Back(body.state, body.code, request.cookies.get(name))
    known = await _signed_in_already(request, services)
    opened, next_path = await elsewhere.finish(team.accounts, back, came, signed_in=known)
    response.delete_cookie(name, path="/", httponly=True, samesite="strict", secure=team.is_https)
    return models.Arrived(session=await signed_in(opened, request, response, services), next_path=next_path)


@routes.add(
    "POST",
    "/session/elsewhere/signed-out",
    who=Who.IDENTITY_PROVIDER,
    max_body_bytes=64 * KIB,
    errors=(400, 403, 404, 429, 503),
    in_schema=False,
)
async def sign_out_from_elsewhere(request: Request, team: TeamDep, came: CameDep) -> None:
    """OpenID Connect Back-Channel Logout 1.0, 2.5 to 2.8: a form with a `logout_token`."""
    form = parse_qs((await request.body()).decode("latin-1"))
    if len(form.get("logout_token", ())) != 1:
        raise LogoutRefused("One logout_token is wanted, in a form.")
    await elsewhere.signed_out_there(team.accounts, form["logout_token"][0], came)


def _cookie(is_https: bool) -> str:
    return f"__Host-{_ELSEWHERE_COOKIE}" if is_https else _ELSEWHERE_COOKIE


async def _signed_in_already(request: Request, services: Services) -> Person | None:
    token = request.cookies.get(services.cookie_name)
    return await session.person_of(services.sign_in, token) if token else None


# --- one's own account -----------------------------------------------------------------------------------------------


@routes.add("POST", "/account/password", who=Who.PERSON, errors=(401, 422, 429))
async def change_password(
    body: models.ChangePassword,
    person: PersonDep,
    request: Request,
    response: Response,
    services: ServicesDep,
    team: TeamDep,
    came: CameDep,
) -> models.Session:
    opened = await accounts.change_password(team.accounts, person, old=body.old, new=body.new, came=came)
    return await signed_in(opened, request, response, services)


@routes.add("POST", "/account/sign-out-everywhere", who=Who.PERSON, status=204)
async def sign_out_everywhere(person: PersonDep, team: TeamDep, came: CameDep) -> None:
    await accounts.sign_out_everywhere(team.accounts, person, came)


@routes.add("GET", "/account/tokens", who=Who.PERSON)
async def list_tokens(person: PersonDep, team: TeamDep) -> models.ApiTokens:
    found = await accounts.tokens(team.accounts, person)
    return models.ApiTokens(tokens=[models.ApiToken.model_validate(one) for one in found])


@routes.add("POST", "/account/tokens", who=Who.PERSON, status=201, errors=(422,))
async def make_token(body: models.MakeApiToken, person: PersonDep, team: TeamDep, came: CameDep) -> models.NewApiToken:
    token, text = await accounts.new_token(team.accounts, person, name=body.name, life_ms=body.life_ms, came=came)
    return models.NewApiToken(token=models.ApiToken.model_validate(token), text=text)


@routes.add("DELETE", "/account/tokens/{token_id}", who=Who.PERSON, status=204, errors=(404,))
async def remove_token(token_id: TokenIdPath, person: PersonDep, team: TeamDep, came: CameDep) -> None:
    await accounts.remove_token(team.accounts, person, token_id, came)


@routes.add("GET", "/account/log", who=Who.PERSON, errors=(422,))
async def own_log(
    person: PersonDep, team: TeamDep, limit: Annotated[int, Query(ge=1, le=1000)] = 200
) -> models.AuditLog:
    found = await accounts.log(team.accounts, person, limit=limit)
    return models.AuditLog(entries=[models.AuditEntry.model_validate(one) for one in found])


# --- administrators --------------------------------------------------------------------------------------------------


@routes.add("GET", "/admin/accounts", who=Who.ADMIN)
async def list_accounts(team: TeamDep) -> models.AccountList:
    found = await accounts.every(team.accounts)
    return models.AccountList(
        accounts=[
            models.AccountView(
                person_id=one.person.id,
                user_name=one.user_name,
                name=one.person.name,
                is_admin=one.is_admin,
                is_disabled=one.disabled_at is not None,
                has_password=one.password_hash is not None,
            )
            for one in found
        ]
    )


@routes.add("POST", "/admin/invitations", who=Who.ADMIN, status=201, errors=(409, 422))
async def invite(
    body: models.Invite, person: PersonDep, request: Request, team: TeamDep, came: CameDep
) -> models.OneTimeLink:
    code = await accounts.invite(team.accounts, by=person, user_name=body.user_name, is_admin=body.is_admin, came=came)
    return models.OneTimeLink(url=f"{own_origin(request)}/join#code={code}")


@routes.add("POST", "/admin/accounts/{user_name}/reset", who=Who.ADMIN, status=201, errors=(404,))
async def reset_password(
    user_name: UserNamePath, person: PersonDep, request: Request, team: TeamDep, came: CameDep
) -> models.OneTimeLink:
    code = await accounts.reset(team.accounts, by=person, user_name=user_name, came=came)
    return models.OneTimeLink(url=f"{own_origin(request)}/join#code={code}")


@routes.add("POST", "/admin/accounts/{user_name}/disable", who=Who.ADMIN, status=204, errors=(404, 409))
async def disable_account(user_name: UserNamePath, person: PersonDep, team: TeamDep, came: CameDep) -> None:
    await accounts.set_disabled(team.accounts, by=person, user_name=user_name, disabled=True, came=came)


@routes.add("POST", "/admin/accounts/{user_name}/enable", who=Who.ADMIN, status=204, errors=(404,))
async def enable_account(user_name: UserNamePath, person: PersonDep, team: TeamDep, came: CameDep) -> None:
    await accounts.set_disabled(team.accounts, by=person, user_name=user_name, disabled=False, came=came)


@routes.add("POST", "/admin/accounts/{user_name}/promote", who=Who.ADMIN, status=204, errors=(404,))
async def make_administrator(user_name: UserNamePath, person: PersonDep, team: TeamDep, came: CameDep) -> None:
    await accounts.set_admin(team.accounts, by=person, user_name=user_name, is_admin=True, came=came)


@routes.add("POST", "/admin/accounts/{user_name}/demote", who=Who.ADMIN, status=204, errors=(404, 409))
async def take_administration(user_name: UserNamePath, person: PersonDep, team: TeamDep, came: CameDep) -> None:
    await accounts.set_admin(team.accounts, by=person, user_name=user_name, is_admin=False, came=came)


@routes.add("GET", "/admin/log", who=Who.ADMIN, errors=(422,))
async def whole_log(team: TeamDep, limit: Annotated[int, Query(ge=1, le=1000)] = 200) -> models.AuditLog:
    found = await accounts.log(team.accounts, None, limit=limit)
    return models.AuditLog(entries=[models.AuditEntry.model_validate(one) for one in found])
