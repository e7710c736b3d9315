"""Python environments without a kernel, and what puts one there.

GET /api/runhere/environments -> {environments: [{name, python, install}]}
"""

from __future__ import annotations

from typing import Any

from tornado.web import authenticated

from runhere_runtime.handlers.base import RuntimeHandler


class EnvironmentsHandler(RuntimeHandler):
    @authenticated
    def get(self) -> None:
        found = self.kernel_spec_manager.environments()  # type: ignore[attr-defined]  # ours
        without = [one for one in found if not one.has_kernel]
        self.answer(
            {
                "environments": [
                    {"name": one.name, "python": str(one.python), "install": one.install_line} for one in without
                ]
            }
        )


HANDLERS: list[tuple[Any, ...]] = [(r"/api/runhere/environments", EnvironmentsHandler)]
