"""Joins our labelled routes to FastAPI, and the OpenAPI document that comes out."""

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.routing import BaseRoute, WebSocketRoute

from runhere_hub import __version__
from runhere_hub.web import models
from runhere_hub.web.labels import Route, Routes, Table, Who
from runhere_hub.web.routes import (
    all_runtimes,
    blobs,
    comments,
    control,
    folders,
    health,
    notebooks,
    private_outputs,
    revisions,
    runtimes,
    search,
    session,
    sharing,
    team,
    trash,
    trust,
)

_BYTES = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_MODULES = (
    health,
    session,
    folders,
    notebooks,
    private_outputs,
    blobs,
    revisions,
    comments,
    trash,
    search,
    control,
    trust,
)
_TEAM_MODULES = (team, sharing, runtimes, all_runtimes)


def api_routes(*, is_for_team: bool) -> tuple[Route, ...]:
    """The labelled routes of every module in `web/routes`, and the document itself.

    What is for several people does not exist in one-person mode.
    """
    own = Routes(tag="openapi")

    @own.add("GET", "/api/v1/openapi.json", who=Who.ANYONE, in_schema=False)
    def openapi() -> JSONResponse:
        return JSONResponse(document())

    modules = (*_MODULES, *(_TEAM_MODULES if is_for_team else ()))
    return (*(route for module in modules for route in module.routes.all), *own.all)


def bare_app() -> FastAPI:
    """FastAPI without the routes it would add by itself (documents, schema): those would carry no label."""
    return FastAPI(
        title="Runhere",
        version=__version__,
        description="Notebooks in one place; the code runs on your own machine.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
    )


def add_routes(app: FastAPI, table: Table) -> None:
    """Hand every labelled route to FastAPI.

    Raises:
        RuntimeError: The app then holds a route without a label; it must not be served.
    """
    for route in table.routes:
        if route.method == "WEBSOCKET":
            app.router.routes.append(WebSocketRoute(route.path, route.endpoint))
            continue
        app.add_api_route(
            route.path,
            route.endpoint,
            methods=[route.method],
            status_code=route.status,
            operation_id=route.name,
            name=route.name,
            tags=[route.tag],
            include_in_schema=route.name is not None,
            openapi_extra=_BYTES if route.takes_bytes else None,
            responses={status: {"model": models.ErrorBody} for status in _errors(route)},
        )
    unlabelled = table.unlabelled(pair for held in app.routes for pair in methods_and_path(held))
    if unlabelled:
        raise RuntimeError(f"Routes without a label of who may call them: {unlabelled}")


def methods_and_path(route: BaseRoute) -> list[tuple[str, str]]:
    """(method, path) pairs of one route of the framework; what cannot be told is named so that it is refused."""
    path = getattr(route, "path", None)
    if isinstance(route, WebSocketRoute):
        return [("WEBSOCKET", route.path)]
    methods = getattr(route, "methods", None)
    if not isinstance(path, str) or not methods:
        return [("?", path or repr(route))]
    return [(method, path) for method in sorted(methods)]


def document() -> dict[str, object]:
    """The OpenAPI document of the hub's API."""
    app = bare_app()
    add_routes(app, Table(api_routes(is_for_team=True)))
    return app.openapi()


def _errors(route: Route) -> list[int]:
    known: set[int] = set() if route.who is Who.ANYONE else {401, 403}
    if route.takes_input:
        known.add(422)
    return sorted({*route.errors, *known})
