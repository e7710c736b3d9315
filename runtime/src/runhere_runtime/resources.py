"""What this machine has and what is used of it: processors, memory, disks, GPUs, and each kernel's share.

Parsers (text -> values) stand apart from readers (files, psutil, the driver). A reader never fails for what a machine
lacks: no
GPU is an empty list, no cgroup is no limit. All sizes are bytes, all shares 0 to 1, `cpu` is in processors (1.0: one
is busy).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil

SMI_FIELDS = "index,name,memory.used,memory.total,utilization.gpu,utilization.memory,temperature.gpu"
SMI_WITHIN_S = 3
_MIB = 2**20


@dataclass(frozen=True)
class Memory:
    """Main memory as processes here may use it: in a container with a limit, the limit counts.

    Attributes:
        available_bytes: What can still be taken before something is killed.
        is_limited: The total is a limit that was set for us, below what the machine has.
    """

    total_bytes: int
    available_bytes: int
    is_limited: bool


@dataclass(frozen=True)
class Disk:
    label: str
    path: str
    total_bytes: int
    used_bytes: int


@dataclass(frozen=True)
class Gpu:
    """One GPU. None where the driver does not tell. `by_pid`: bytes that each process holds on it."""

    index: int
    name: str
    memory_used_bytes: int
    memory_total_bytes: int
    utilization: float | None
    memory_utilization: float | None
    temperature_c: int | None
    by_pid: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class KernelUse:
    """A kernel and every process that it started."""

    kernel_id: str
    cpu: float
    memory_bytes: int
    gpu_memory_bytes: int


@dataclass(frozen=True)
class Snapshot:
    """Everything at one moment. `cpu` is the mean since the snapshot before, or since the machine started."""

    at_ms: int
    cpu: float
    cpu_count: int
    memory: Memory
    disks: tuple[Disk, ...]
    gpus: tuple[Gpu, ...]
    gpu_trouble: str | None
    kernels: tuple[KernelUse, ...]


# ---- parsers ------------------------------------------------------------------------------------------------


def parse_smi(text: str) -> tuple[Gpu, ...]:
    """GPUs from `nvidia-smi --query-gpu=SMI_FIELDS --format=csv,noheader,nounits`; other lines are passed over."""
    gpus = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split(",")]
        if len(cells) != SMI_FIELDS.count(",") + 1 or not cells[0].isdecimal():
            continue
        index, name, used, total, busy, memory_busy, temperature = cells
        gpus.append(
            Gpu(
                index=int(index),
                name=name,
                memory_used_bytes=(_number(used) or 0) * _MIB,
                memory_total_bytes=(_number(total) or 0) * _MIB,
                utilization=_share(busy),
                memory_utilization=_share(memory_busy),
                temperature_c=_number(temperature),
            )
        )
    return tuple(gpus)


def parse_smi_processes(text: str, gpu_of: Mapping[str, int]) -> dict[int, dict[int, int]]:
    """GPU index -> pid -> bytes, from `--query-compute-apps=gpu_uuid,pid,used_memory`."""
    found: dict[int, dict[int, int]] = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split(",")]
        if len(cells) == 3 and cells[0] in gpu_of and cells[1].isdecimal():
            found.setdefault(gpu_of[cells[0]], {})[int(cells[1])] = (_number(cells[2]) or 0) * _MIB
    return found


def _number(text: str) -> int | None:
    """A whole number; None for `[N/A]` and the like."""
    return int(text) if text.isdecimal() else None


def _share(percent: str) -> float | None:
    found = _number(percent)
    return None if found is None else found / 100


def parse_limit(text: str) -> int | None:
    """A cgroup's memory limit; None for none (`max`, or version 1's enormous number)."""
    found = _number(text.strip())
    return None if found is None or found >= 1 << 60 else found


def limited(memory: Memory, *, limit_bytes: int | None, used_bytes: int) -> Memory:
    """The memory as seen through a limit that is below what the machine has."""
    if limit_bytes is None or limit_bytes >= memory.total_bytes:
        return memory
    left = max(0, limit_bytes - used_bytes)
    return Memory(total_bytes=limit_bytes, available_bytes=min(left, memory.available_bytes), is_limited=True)


# ---- readers ------------------------------------------------------------------------------------------------


class Reader:
    """Takes snapshots. Not quick where there are GPUs without NVML (0.1 s and more): call it in a thread, one at a
    time.
    """

    def __init__(self, root: Path) -> None:
        """`root`: the folder of files, whose disk is shown first."""
        self._paths = _disk_paths(root)
        self._gpus = _find_gpus()
        self._seen: dict[int, psutil.Process] = {}
        psutil.cpu_percent(None)

    def read(self, kernels: Mapping[str, int]) -> Snapshot:
        """A snapshot. `kernels`: id -> pid."""
        gpus, trouble = self._gpus.read()
        return Snapshot(
            at_ms=time.time_ns() // 1_000_000,
            cpu=psutil.cpu_percent(None) / 100 * (psutil.cpu_count() or 1),
            cpu_count=_usable_processors(),
            memory=read_memory(),
            disks=read_disks(self._paths),
            gpus=gpus,
            gpu_trouble=trouble,
            kernels=self._read_kernels(kernels, gpus),
        )

    def _read_kernels(self, kernels: Mapping[str, int], gpus: tuple[Gpu, ...]) -> tuple[KernelUse, ...]:
        trees = {kernel: _tree(pid) for kernel, pid in kernels.items()}
        alive = {process.pid: process for tree in trees.values() for process in tree}
        # The same objects as last time: psutil measures processors from one question to the next.
        self._seen = {pid: self._seen.get(pid, process) for pid, process in alive.items()}
        return tuple(
            _use(kernel, [self._seen[process.pid] for process in tree], gpus) for kernel, tree in trees.items()
        )


def _tree(pid: int) -> list[psutil.Process]:
    try:
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    except psutil.Error:
        return []


def _use(kernel_id: str, processes: Iterable[psutil.Process], gpus: tuple[Gpu, ...]) -> KernelUse:
    cpu, memory, on_gpus = 0.0, 0, 0
    for process in processes:
        try:
            cpu += process.cpu_percent(None) / 100
            memory += process.memory_info().rss
        except psutil.Error:
            continue  # it ended meanwhile: it uses nothing
        on_gpus += sum(gpu.by_pid.get(process.pid, 0) for gpu in gpus)
    return KernelUse(kernel_id, cpu, memory, on_gpus)


def _usable_processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return psutil.cpu_count() or 1


def read_memory() -> Memory:
    """Of the machine, or of the container that we are in."""
    machine = psutil.virtual_memory()
    whole = Memory(machine.total, machine.available, is_limited=False)
    for limit_file, used_file, cache_key in (
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current", "inactive_file"),
        (
            "/sys/fs/cgroup/memory/memory.limit_in_bytes",
            "/sys/fs/cgroup/memory/memory.usage_in_bytes",
            "total_inactive_file",
        ),
    ):
        try:
            limit = parse_limit(Path(limit_file).read_text())
            used = int(Path(used_file).read_text())
            stat = Path(limit_file).with_name("memory.stat").read_text()
        except (OSError, ValueError):
            continue
        # Files that were read and can be forgotten count as used for the cgroup, but nobody is killed for them.
        droppable = next((int(line.split()[1]) for line in stat.splitlines() if line.split()[0] == cache_key), 0)
        return limited(whole, limit_bytes=limit, used_bytes=max(0, used - droppable))
    return whole


def _disk_paths(root: Path) -> tuple[tuple[str, str], ...]:
    given = os.environ.get("COLAB_REPORT_USAGE_PATHS")
    if given:
        return tuple(("kernel" if path == "/" else path, path) for path in given.split(":") if path)
    home = Path.home()
    same = root.exists() and home.exists() and root.stat().st_dev == home.stat().st_dev
    return ((str(root), str(root)),) if same else ((str(root), str(root)), (str(home), str(home)))


def read_disks(paths: Iterable[tuple[str, str]]) -> tuple[Disk, ...]:
    """Disks by (label, a path on it); a path that went away is left out."""
    found = []
    for label, path in paths:
        try:
            usage = shutil.disk_usage(path)
        except OSError:
            continue
        found.append(Disk(label, path, usage.total, usage.total - usage.free))
    return tuple(found)


class _NoGpus:
    def read(self) -> tuple[tuple[Gpu, ...], str | None]:
        return (), None


class _Smi:
    """GPUs by nvidia-smi, where Python's NVML is not to be had."""

    def __init__(self, program: str) -> None:
        self._program = program

    def read(self) -> tuple[tuple[Gpu, ...], str | None]:
        told, trouble = self._ask(f"--query-gpu={SMI_FIELDS}")
        if trouble:
            return (), trouble
        uuids, _ = self._ask("--query-gpu=uuid,index")
        processes, _ = self._ask("--query-compute-apps=gpu_uuid,pid,used_memory")
        pairs = (line.split(",") for line in uuids.splitlines())
        gpu_of = {pair[0].strip(): int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].strip().isdecimal()}
        by_gpu = parse_smi_processes(processes, gpu_of)
        return tuple(replace(gpu, by_pid=by_gpu.get(gpu.index, {})) for gpu in parse_smi(told)), None

    def _ask(self, question: str) -> tuple[str, str | None]:
        command = [self._program, question, "--format=csv,noheader,nounits"]
        try:
            told = subprocess.run(command, capture_output=True, text=True, timeout=SMI_WITHIN_S, check=False)
        except (OSError, subprocess.SubprocessError) as error:
            return "", f"nvidia-smi: {error}"
        said = " ".join((told.stdout + told.stderr).split())[:300]
        return told.stdout, None if told.returncode == 0 else f"nvidia-smi: {said}"


class _Nvml:
    """GPUs by NVIDIA's own library: quick enough to ask every second."""

    def __init__(self, nvml: Any) -> None:
        self._nvml = nvml

    def read(self) -> tuple[tuple[Gpu, ...], str | None]:
        try:
            count = self._nvml.nvmlDeviceGetCount()
            return tuple(self._one(index) for index in range(count)), None
        except self._nvml.NVMLError as error:
            return (), f"NVML: {error}"

    def _one(self, index: int) -> Gpu:
        nvml = self._nvml
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
        memory = nvml.nvmlDeviceGetMemoryInfo(handle)
        name = nvml.nvmlDeviceGetName(handle)
        busy = self._if_told(nvml.nvmlDeviceGetUtilizationRates, handle)
        processes = self._if_told(nvml.nvmlDeviceGetComputeRunningProcesses, handle) or []
        return Gpu(
            index=index,
            name=name.decode() if isinstance(name, bytes) else str(name),
            memory_used_bytes=int(memory.used),
            memory_total_bytes=int(memory.total),
            utilization=busy.gpu / 100 if busy else None,
            memory_utilization=busy.memory / 100 if busy else None,
            temperature_c=self._if_told(nvml.nvmlDeviceGetTemperature, handle, nvml.NVML_TEMPERATURE_GPU),
            by_pid={int(one.pid): int(one.usedGpuMemory or 0) for one in processes},
        )

    def _if_told(self, question: Any, *arguments: Any) -> Any:
        """The answer, or None where this GPU does not know it."""
        try:
            return question(*arguments)
        except self._nvml.NVMLError:
            return None


def _find_gpus() -> _NoGpus | _Smi | _Nvml:
    try:
        import pynvml  # here: a machine without a driver pays nothing for it at start

        pynvml.nvmlInit()
    except Exception:  # noqa: BLE001 -- whatever a driver or its absence does, the runtime goes on without its numbers
        program = shutil.which("nvidia-smi")
        return _Smi(program) if program else _NoGpus()
    return _Nvml(pynvml)
