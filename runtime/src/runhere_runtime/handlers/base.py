"""What our handlers share: the runtime, and JSON in and out."""

from __future__ import annotations

import json
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from tornado.web import HTTPError

from runhere_runtime.errors import RuntimeFailure
from runhere_runtime.state import Runtime

MAX_JSON_BYTES = 64 * 1024


class RuntimeHandler(JupyterHandler):
    """A handler that answers JSON: the value, or `{code, message}` with an error status."""

    @property
    def runtime(self) -> Runtime:
        runtime = self.settings["runhere"]
        assert isinstance(runtime, Runtime)
        return runtime

    @property
    def origin(self) -> str | None:
        return self.request.headers.get("Origin")

    @property
    def session_id(self) -> str | None:
        """Of the session that the gate authenticated; None for the master token and on public routes."""
        found = self.request.headers.get("X-Runhere-Session")
        return None if found in (None, "master") else found

    @property
    def by_master(self) -> bool:
        return self.request.headers.get("X-Runhere-Session") == "master"

    def check_xsrf_cookie(self) -> None:
        """The gate has judged origin and cookie already."""

    def check_origin(self, origin_to_satisfy_tornado: str = "") -> bool:
        """As above."""
        return True

    def read_json(self) -> dict[str, Any]:
        """The body as a JSON object.

        Raises:
            HTTPError: 400 when it is none, 413 when it is too large.
        """
        if len(self.request.body) > MAX_JSON_BYTES:
            raise HTTPError(413)
        try:
            data = json.loads(self.request.body or b"{}")
        except ValueError as error:
            raise HTTPError(400, "The body is no JSON.") from error
        if not isinstance(data, dict):
            raise HTTPError(400, "The body is no JSON object.")
        return data

    def answer(self, value: object, status: int = 200) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(value))

    def answer_failure(self, failure: RuntimeFailure, status: int) -> None:
        self.answer({"code": failure.code, "message": failure.message, "hint": failure.message}, status)

    @property
    def content_security_policy(self) -> str:
        return "default-src 'none'; frame-ancestors 'none'; sandbox"

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        failure = kwargs.get("exc_info", (None, None, None))[1]
        message = failure.log_message if isinstance(failure, HTTPError) else None
        self.answer({"code": f"http_{status_code}", "message": message or self._reason}, status_code)
