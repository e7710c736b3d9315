"""Who may do what with a notebook or folder, and the links by which roles are given. Not in one-person mode."""

from typing import Annotated

from fastapi import Path, Query, Request

from runhere_hub.core.access import Place
from runhere_hub.core.audit import From
from runhere_hub.core.identity import Person
from runhere_hub.core.ids import PersonId
from runhere_hub.services import sharing
from runhere_hub.services.sharing import WantedLink
from runhere_hub.store.grants import On
from runhere_hub.web import models
from runhere_hub.web.deps import CameDep, FolderIdPath, NotebookIdPath, PersonDep, TeamDep, TeamServices, own_origin
from runhere_hub.web.labels import Routes, Who

routes = Routes("/api/v1", tag="sharing")

PersonIdPath = Annotated[PersonId, Path(pattern="^[0-9a-f]{32}$")]
LinkIdPath = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
PathQuery = Annotated[str, Query(max_length=4096)]


@routes.add("GET", "/people", who=Who.PERSON, errors=(422,))
async def find_people(
    q: Annotated[str, Query(min_length=2, max_length=64)], person: PersonDep, team: TeamDep
) -> models.FoundPeople:
    found = await sharing.find_people(team.sharing, person, q)
    return models.FoundPeople(people=[models.FoundPerson(user_name=u, name=n) for u, n in found])


@routes.add("GET", "/notebooks/{notebook_id}/shares", who=Who.PERSON, errors=(404,))
async def list_notebook_shares(notebook_id: NotebookIdPath, person: PersonDep, team: TeamDep) -> models.Shares:
    return await _shares(team, person, notebook_id)


@routes.add("PUT", "/notebooks/{notebook_id}/shares", who=Who.PERSON, errors=(404, 409, 422))
async def share_notebook(
    notebook_id: NotebookIdPath, body: models.GiveRole, person: PersonDep, team: TeamDep, came: CameDep
) -> models.Shares:
    await sharing.give(team.sharing, person, notebook_id, user_name=body.user_name, role=body.role, came=came)
    return await _shares(team, person, notebook_id)


@routes.add("DELETE", "/notebooks/{notebook_id}/shares/{person_id}", who=Who.PERSON, status=204, errors=(404,))
async def unshare_notebook(
    notebook_id: NotebookIdPath, person_id: PersonIdPath, person: PersonDep, team: TeamDep, came: CameDep
) -> None:
    await sharing.take_away(team.sharing, person, notebook_id, from_person=person_id, came=came)


@routes.add("POST", "/notebooks/{notebook_id}/links", who=Who.PERSON, status=201, errors=(404, 409, 422))
async def make_notebook_link(
    notebook_id: NotebookIdPath,
    body: models.MakeShareLink,
    person: PersonDep,
    request: Request,
    team: TeamDep,
    came: CameDep,
) -> models.NewShareLink:
    return await _make_link(team, person, notebook_id, body, request, came)


@routes.add("GET", "/folders/{folder_id}/shares", who=Who.PERSON, errors=(404, 422))
async def list_folder_shares(
    folder_id: FolderIdPath, person: PersonDep, team: TeamDep, path: PathQuery = ""
) -> models.Shares:
    return await _shares(team, person, sharing.place_of(folder_id, path))


@routes.add("PUT", "/folders/{folder_id}/shares", who=Who.PERSON, errors=(404, 409, 422))
async def share_folder(
    folder_id: FolderIdPath,
    body: models.GiveRole,
    person: PersonDep,
    team: TeamDep,
    came: CameDep,
    path: PathQuery = "",
) -> models.Shares:
    on = sharing.place_of(folder_id, path)
    await sharing.give(team.sharing, person, on, user_name=body.user_name, role=body.role, came=came)
    return await _shares(team, person, on)


@routes.add("DELETE", "/folders/{folder_id}/shares/{person_id}", who=Who.PERSON, status=204, errors=(404, 422))
async def unshare_folder(
    folder_id: FolderIdPath,
    person_id: PersonIdPath,
    person: PersonDep,
    team: TeamDep,
    came: CameDep,
    path: PathQuery = "",
) -> None:
    on = sharing.place_of(folder_id, path)
    await sharing.take_away(team.sharing, person, on, from_person=person_id, came=came)


@routes.add("POST", "/folders/{folder_id}/links", who=Who.PERSON, status=201, errors=(404, 409, 422))
async def make_folder_link(
    folder_id: FolderIdPath,
    body: models.MakeShareLink,
    person: PersonDep,
    request: Request,
    team: TeamDep,
    came: CameDep,
    path: PathQuery = "",
) -> models.NewShareLink:
    return await _make_link(team, person, sharing.place_of(folder_id, path), body, request, came)


@routes.add("DELETE", "/links/{link_id}", who=Who.PERSON, status=204, errors=(404,))
async def withdraw_link(link_id: LinkIdPath, person: PersonDep, team: TeamDep, came: CameDep) -> None:
    await sharing.withdraw_link(team.sharing, person, link_id, came)


@routes.add("POST", "/links/{link_id}/accept", who=Who.PERSON, errors=(404, 422, 429))
async def accept_link(
    link_id: LinkIdPath, body: models.AcceptShareLink, person: PersonDep, team: TeamDep, came: CameDep
) -> models.Accepted:
    on = await sharing.accept_link(team.sharing, person, link_id, body.secret, came)
    if isinstance(on, Place):
        return models.Accepted(notebook_id=None, folder_id=on.folder_id, path=on.path)
    return models.Accepted(notebook_id=on, folder_id=None, path=None)


async def _shares(team: TeamServices, person: Person, on: On) -> models.Shares:
    return models.Shares.model_validate(await sharing.shares(team.sharing, person, on))


async def _make_link(
    team: TeamServices, person: Person, on: On, body: models.MakeShareLink, request: Request, came: From
) -> models.NewShareLink:
    wanted = WantedLink(body.role, body.life_ms, body.max_uses)
    made = await sharing.make_link(team.sharing, person, on, wanted, came)
    url = f"{own_origin(request)}/s/{made.link.id}#{made.secret}"
    return models.NewShareLink(link=models.ShareLink.model_validate(made.link), url=url)
