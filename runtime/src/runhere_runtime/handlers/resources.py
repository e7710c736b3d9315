"""Resources as a value and as a stream (SPEC: resources), and in the shape that Colab's page reads.

GET /api/runhere/resources                        one snapshot
WS  /api/runhere/resources/stream?interval_ms=N   one every N ms (500 to 60,000; 2,000 unless said)
GET /api/colab/{resources,build-info,drive}       Colab's shapes, behind its guard against inclusion as a script
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from dataclasses import asdict
from typing import Any

from jupyter_server.auth.decorator import ws_authenticated
from tornado.web import authenticated
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from runhere_runtime.handlers.base import RuntimeHandler
from runhere_runtime.resources import Gpu, Reader, Snapshot

SHORTEST_MS, USUAL_MS, LONGEST_MS = 500, 2_000, 60_000
XSSI_GUARD = ")]}'\n"


class Sampler:
    """The one reader of a runtime, asked in a thread by however many pages look on."""

    def __init__(self, reader: Reader, kernel_manager: Any) -> None:
        self._reader = reader
        self._kernels = kernel_manager
        self._turn = asyncio.Lock()
        self._ever_used: set[int] = set()

    async def take(self) -> Snapshot:
        """A snapshot as of now."""
        async with self._turn:
            snapshot = await asyncio.to_thread(self._reader.read, self._pids())
        self._ever_used |= {gpu.index for gpu in snapshot.gpus if gpu.by_pid or (gpu.utilization or 0) > 0}
        return snapshot

    def was_ever_used(self, gpu: Gpu) -> bool:
        return gpu.index in self._ever_used

    def _pids(self) -> dict[str, int]:
        found = {}
        for kernel_id in self._kernels.list_kernel_ids():
            pid = getattr(getattr(self._kernels.get_kernel(kernel_id), "provisioner", None), "pid", None)
            if isinstance(pid, int):
                found[kernel_id] = pid
        return found


class _WithSampler(RuntimeHandler):
    @property
    def sampler(self) -> Sampler:
        if "runhere_sampler" not in self.settings:
            self.settings["runhere_sampler"] = Sampler(Reader(self.runtime.root), self.kernel_manager)
        sampler = self.settings["runhere_sampler"]
        assert isinstance(sampler, Sampler)
        return sampler


class ResourcesHandler(_WithSampler):
    @authenticated
    async def get(self) -> None:
        self.answer(as_json(await self.sampler.take()))


class ResourcesStreamHandler(WebSocketHandler, _WithSampler):
    """Sends snapshots until the page goes. What the page says is not heard."""

    _sending: asyncio.Task[None] | None = None

    def set_default_headers(self) -> None:
        """A handshake needs none of Jupyter's."""

    def check_origin(self, origin: str = "") -> bool:
        """The gate has."""
        return True

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        return "runhere.resources.v1" if "runhere.resources.v1" in subprotocols else None

    async def prepare(self) -> None:  # type: ignore[override]  # Jupyter's takes a keyword more
        await super().prepare(_redirect_to_login=False)

    @ws_authenticated
    async def get(self) -> None:
        await super().get()

    def open(self) -> None:
        wanted = self.get_query_argument("interval_ms", "")
        interval_ms = int(wanted) if wanted.isdecimal() else USUAL_MS
        self._sending = asyncio.create_task(self._send(max(SHORTEST_MS, min(LONGEST_MS, interval_ms)) / 1000))

    async def _send(self, interval_s: float) -> None:
        with contextlib.suppress(WebSocketClosedError):
            while True:
                await self.write_message(json.dumps(as_json(await self.sampler.take())))
                await asyncio.sleep(interval_s)

    def on_message(self, message: str | bytes) -> None:
        """Nothing is asked on this socket."""

    def on_close(self) -> None:
        if self._sending is not None:
            self._sending.cancel()


class _ColabHandler(_WithSampler):
    def answer_guarded(self, value: object) -> None:
        self.set_header("Content-Type", "application/json")
        self.finish(XSSI_GUARD + json.dumps(value))


class ColabResourcesHandler(_ColabHandler):
    @authenticated
    async def get(self) -> None:
        snapshot = await self.sampler.take()
        self.answer_guarded(as_colab(snapshot, self.sampler.was_ever_used))


class ColabBuildInfoHandler(_ColabHandler):
    @authenticated
    def get(self) -> None:
        self.answer_guarded({"release_tag": os.environ.get("COLAB_RELEASE_TAG", "")})


class ColabDriveHandler(_ColabHandler):
    @authenticated
    def get(self) -> None:
        """No drive is ever mounted here."""
        self.answer_guarded({"dfs": []})


def as_json(snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot as SPEC says it; the processes on a GPU stay here, beside those of its kernels."""
    value = asdict(snapshot)
    for gpu in value["gpus"]:
        del gpu["by_pid"]
    return {"type": "resources", **value}


def as_colab(snapshot: Snapshot, was_ever_used: Any) -> dict[str, Any]:
    """The same as Colab's page reads it."""
    memory = snapshot.memory
    return {
        "memory": {
            "totalBytes": memory.total_bytes,
            "freeBytes": memory.available_bytes,
            "kernels": [{"uuid": kernel.kernel_id, "usedBytes": kernel.memory_bytes} for kernel in snapshot.kernels],
        },
        "disks": [
            {"filesystem": {"label": disk.label, "totalBytes": disk.total_bytes, "usedBytes": disk.used_bytes}}
            for disk in snapshot.disks
        ],
        "gpus": [
            {
                "name": gpu.name,
                "memoryUsedBytes": gpu.memory_used_bytes,
                "memoryTotalBytes": gpu.memory_total_bytes,
                "gpuUtilization": gpu.utilization or 0,
                "memoryUtilization": gpu.memory_utilization or 0,
                "everUsed": was_ever_used(gpu),
            }
            for gpu in snapshot.gpus
        ],
    }


HANDLERS: list[tuple[Any, ...]] = [
    (r"/api/runhere/resources", ResourcesHandler),
    (r"/api/runhere/resources/stream", ResourcesStreamHandler),
    (r"/api/colab/resources", ColabResourcesHandler),
    (r"/api/colab/build-info", ColabBuildInfoHandler),
    (r"/api/colab/drive", ColabDriveHandler),
]
