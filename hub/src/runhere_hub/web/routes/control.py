"""What the command line asks of a running hub, with the token from its data folder. No browser may call these."""

from urllib.parse import quote

from fastapi import Request

from runhere_hub.services import folders, session
from runhere_hub.web import models
from runhere_hub.web.deps import Services, ServicesDep, own_origin
from runhere_hub.web.labels import Routes, Who

routes = Routes("/api/v1/control", tag="control")


@routes.add("POST", "/login-link", who=Who.COMMAND_LINE, errors=(401, 403))
async def create_login_link(request: Request, services: ServicesDep) -> models.LoginLink:
    return models.LoginLink(url=await _login_url(request, services))


@routes.add("POST", "/bind", who=Who.COMMAND_LINE, errors=(401, 403, 422, 503))
async def bind_path(body: models.BindPath, request: Request, services: ServicesDep) -> models.BoundFolder:
    owner = await session.owner(services.sign_in)
    folder, notebook = await folders.bind(services.drive, owner, body.path)
    await services.bound_rooms.folder_bound(folder.id)
    return models.BoundFolder(
        url=await _login_url(request, services, next_path=f"/n/{notebook.id}" if notebook else None),
        folder=models.Folder.model_validate(folder),
        notebook=models.Notebook.model_validate(notebook) if notebook else None,
    )


async def _login_url(request: Request, services: Services, next_path: str | None = None) -> str:
    code = await session.new_code(services.sign_in)
    onward = f"&next={quote(next_path, safe='/')}" if next_path else ""
    return f"{own_origin(request)}/login#code={code}{onward}"
