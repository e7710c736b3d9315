"""Looking again and again, for what nobody tells this process of."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from runhere_hub.core.errors import Unavailable

_log = logging.getLogger(__name__)


class Watch:
    """Calls `look` at fixed pauses; one that fails is in the log, and the next one comes all the same.

    Args:
        look: Looks once; may raise whatever it likes.
        at: What it looks at, for the log.
        name: The task's.
    """

    def __init__(self, look: Callable[[], Awaitable[None]], *, at: str, name: str) -> None:
        self._look = look
        self._at = at
        self._name = name
        self._task: asyncio.Task[None] | None = None

    def start(self, every_s: float) -> None:
        """Begin to look, for the first time after a pause."""
        self._task = asyncio.create_task(self._keep_looking(every_s), name=self._name)

    async def stop(self) -> None:
        """Look no more. May be called again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _keep_looking(self, every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            try:
                await self._look()
            except Unavailable as error:
                _log.warning("%s could not be looked at: %s", self._at, error.message)
            except Exception:  # noqa: BLE001  # one look's trouble must not end the watch
                _log.exception("%s could not be looked at", self._at)
