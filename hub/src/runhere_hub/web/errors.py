"""The one table from our errors to HTTP statuses and close codes, and the answer that every error becomes."""

import json
import logging
from collections.abc import Sequence

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from runhere_hub.core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    LogoutRefused,
    NotFound,
    RunhereError,
    SignedOut,
    TooLarge,
    TooMany,
    Unavailable,
    UploadTrickles,
)

log = logging.getLogger("runhere.web")

_TABLE: dict[type[RunhereError], tuple[int, int]] = {
    LogoutRefused: (400, 4400),
    SignedOut: (401, 4401),
    Forbidden: (403, 4403),
    NotFound: (404, 4404),
    Conflict: (409, 4409),
    UploadTrickles: (408, 4500),
    TooLarge: (413, 4413),
    Invalid: (422, 4400),
    TooMany: (429, 4429),
    Unavailable: (503, 4500),
    RunhereError: (500, 4500),
}


def status_of(error: RunhereError) -> int:
    """HTTP status of an error of ours: that of the nearest class in the table."""
    return _entry(error)[0]


def close_code_of(error: RunhereError) -> int:
    """WebSocket close code of an error of ours (SPEC 5)."""
    return _entry(error)[1]


def _entry(error: RunhereError) -> tuple[int, int]:
    return next(_TABLE[kind] for kind in type(error).__mro__ if kind in _TABLE)


def answer(error: RunhereError) -> JSONResponse:
    """The HTTP answer for an error of ours."""
    headers = {"Retry-After": str(error.details["retry_after_s"])} if "retry_after_s" in error.details else {}
    if isinstance(error, UploadTrickles):
        headers["Connection"] = "close"  # the rest would go on coming
    body = {"code": error.code, "message": error.message, "details": _plain(error.details)}
    return JSONResponse(body, status_code=status_of(error), headers=headers)


def _plain(details: object) -> object:
    """Details as JSON; what has no JSON form becomes text instead of a second failure."""
    return json.loads(json.dumps(details, default=str))


async def on_ours(_request: Request, error: Exception) -> Response:
    """Exception handler for our tree."""
    if not isinstance(error, RunhereError):
        return await on_unexpected(_request, error)
    return answer(error)


async def on_validation(_request: Request, error: Exception) -> Response:
    """Exception handler for requests that do not fit their types; says where, never repeats what was sent."""
    places = error.errors() if isinstance(error, RequestValidationError) else []
    fields = [{"at": _where(place["loc"], place["type"]), "reason": str(place["type"])} for place in places]
    where = ", ".join(".".join(field["at"]) for field in fields)
    return answer(Invalid(f"The request was not understood: {where or 'body'}.", fields=fields))


def _where(place: Sequence[object], reason: str) -> list[str]:
    """Names of ours that lead to the fault; the name of a member that we do not know is not one."""
    known = place[:-1] if reason == "extra_forbidden" else place
    return [str(part) for part in known]


async def on_http(_request: Request, error: Exception) -> Response:
    """Exception handler for what the framework refuses by itself."""
    if isinstance(error.__cause__, RunhereError):  # FastAPI wraps what goes wrong while it reads a body
        return answer(error.__cause__)
    status = error.status_code if isinstance(error, HTTPException) else 500
    code = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(status, "error")
    body = {"code": code, "message": "The hub has no answer to this request.", "details": {}}
    return JSONResponse(body, status_code=status)


async def on_unexpected(_request: Request, error: Exception) -> Response:
    """Exception handler for bugs: the trace goes to the log, nothing of it to the browser."""
    log.error("unexpected error", exc_info=error)
    body = {"code": "internal", "message": "Something went wrong in the hub; its log says what.", "details": {}}
    return JSONResponse(body, status_code=500)
