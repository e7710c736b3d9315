"""Files of the machine, as Jupyter serves them, but for one thing: on a full disk, what is deleted is deleted."""

from __future__ import annotations

import shutil
from pathlib import Path

from anyio.to_thread import run_sync
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from tornado.web import HTTPError

from runhere_runtime.private_files import WANT_OF_ROOM


class Contents(AsyncLargeFileManager):
    """Jupyter's own, which moves to a trash first.

    That wants room for a note of where the file came from, so that a full disk could not be made less full.
    """

    async def delete_file(self, path: str) -> None:
        """Move a file or folder to the trash; without room for that, delete it.

        Raises:
            HTTPError: As Jupyter's does; nothing is deleted then.
        """
        try:
            await super().delete_file(path)  # type: ignore[no-untyped-call]  # Jupyter is untyped
        except HTTPError as error:
            cause = error.__cause__
            if not isinstance(cause, OSError) or cause.errno not in WANT_OF_ROOM:
                raise
            place = Path(self._get_os_path(path))  # type: ignore[no-untyped-call]  # as above
            await run_sync(_delete, place)


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
