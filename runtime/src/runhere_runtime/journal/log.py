"""The journal of one kernel: numbered records in a row of bounded files.

    DATA/journal/<kernel id>/meta.json            who, when; `ended_at` once the kernel is gone
    DATA/journal/<kernel id>/00000000000000000001.seg   records from seq 1 on; the next file continues

Invariants: seqs grow by one, and a hole means that something could not be kept (told to readers as a gap). Only the
owner of the kernel appends. What is beyond the limit is dropped from the front, whole files at a time. A failed write
leaves the file as it was before, and the journal goes on with the next one: a full disk never stops a kernel. A
journal that is off has no files of records: the last few MiB are in memory, for whoever connects again.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import zlib
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from runhere_runtime.errors import JournalUnknown
from runhere_runtime.journal.record import HEAD, Part, is_large, pack_record, record_pieces
from runhere_runtime.private_files import private_folder, read_private, write_private

KEEP_ENDED_S = 7 * 24 * 3600
TAIL_BYTES = 4 * 2**20
_INDEX_EVERY_BYTES = 128 * 1024
_WRITE_AT_ONCE_BYTES = 2**20  # 64 MB in one write took Linux (ext4) five times the processor time of 64 writes
_KERNEL_ID = re.compile(r"[A-Za-z0-9-]{1,64}")

Write = Callable[[int, memoryview], int]


@dataclass(frozen=True)
class Gap:
    """Records `first` to `last` are not there: dropped for space, or the disk refused them."""

    first: int
    last: int
    reason: Literal["space", "disk"]


@dataclass(frozen=True)
class Chunk:
    """Records in a row, ready to be sent, `first` to `last`; empty when the reader has everything."""

    data: bytes
    last: int
    gap: Gap | None = None


@dataclass
class _Segment:
    path: Path
    first: int
    last: int
    size: int
    index: list[tuple[int, int]] = field(default_factory=list)  # (seq, offset), about every 128 KiB

    def note(self, seq: int, offset: int) -> None:
        if not self.index or offset - self.index[-1][1] >= _INDEX_EVERY_BYTES:
            self.index.append((seq, offset))

    def offset_before(self, seq: int) -> int:
        """Where to begin reading in order to find `seq`."""
        at = bisect_right(self.index, (seq, 2**63)) - 1
        return self.index[at][1] if at >= 0 else 0


class Journal:
    """Append and read. Used from one event loop only."""

    def __init__(self, folder: Path, *, limit_bytes: int, write: Write = os.write) -> None:
        """Open what is there; a torn end, as a crash leaves it, is cut off when the first record is appended.

        A folder that cannot be made keeps nobody from running: it is tried again with each record.
        """
        self.folder = folder
        self.limit_bytes = limit_bytes
        self.segment_bytes = max(limit_bytes // 16, 64 * 1024)
        self.disk_full = not self._has_folder()
        self.is_off = False
        self._write = write
        self._file: int | None = None
        self._tail: deque[tuple[int, bytes]] = deque()
        self._tail_bytes = 0
        self._segments = [_scan(path) for path in sorted(folder.glob("*.seg"))]
        self._segments = [s for s in self._segments if s.size]
        self.last_seq = self._segments[-1].last if self._segments else 0
        self.id = self._read_or_make_id()

    def _has_folder(self) -> bool:
        try:
            private_folder(self.folder)
        except OSError:
            return False
        return True

    def _read_or_make_id(self) -> str:
        found = read_private(self.folder / "meta.json").get("journal")
        return found if isinstance(found, str) else secrets.token_hex(8)

    @property
    def first_seq(self) -> int:
        """The oldest record that is still there; last_seq + 1 when there is none."""
        if self._segments:
            return self._segments[0].first
        return self._tail[0][0] if self._tail else self.last_seq + 1

    @property
    def size_bytes(self) -> int:
        return sum(segment.size for segment in self._segments)

    def append(self, messages: Sequence[Sequence[Part]], time_ms: int) -> Sequence[Part]:
        """Number the messages (each in pieces) and write them; returns their records, in a row, in pieces.

        The numbers are taken even when the disk refuses: the records still reach those who are connected, and
        `disk_full` is set until a write succeeds.
        """
        first = self.last_seq + 1
        self.last_seq += len(messages)
        if any(map(is_large, messages)) and not self.is_off:
            return self._append_large(messages, first, time_ms)
        records = [pack_record(seq, time_ms, message) for seq, message in enumerate(messages, first)]
        data = records[0] if len(records) == 1 else b"".join(records)
        kept = self.is_off or self._write_out((data,), list(map(len, records)), first)
        self._remember(records if kept else (), first)
        return (data,)

    def _append_large(self, messages: Sequence[Sequence[Part]], first: int, time_ms: int) -> Sequence[Part]:
        """Nothing is put together, and nothing remembered: it would fill the memory."""
        records = [record_pieces(seq, time_ms, message) for seq, message in enumerate(messages, first)]
        pieces = [piece for record in records for piece in record]
        self._write_out(pieces, [sum(map(len, record)) for record in records], first)
        self._remember((), first)
        return pieces

    def _remember(self, records: Sequence[bytes], first: int) -> None:
        if not records:  # a reader that falls behind must be told of a hole, not served from memory by luck
            self._tail.clear()
            self._tail_bytes = 0
            return
        for seq, record in enumerate(records, first):
            self._tail.append((seq, record))
            self._tail_bytes += len(record)
        while self._tail_bytes > TAIL_BYTES:
            self._tail_bytes -= len(self._tail.popleft()[1])

    def turn_off(self) -> None:
        """From now on, for as long as the kernel lives, write no record; those that were written are deleted.

        Raises:
            OSError: A file could not be deleted. Nothing more is written all the same; called again, it tries again.
        """
        self.is_off = True
        self._close_file()
        while self._segments:
            self._segments[-1].path.unlink(missing_ok=True)
            self._segments.pop()
        self.disk_full = False

    def _write_out(self, pieces: Sequence[Part], sizes: Sequence[int], first: int) -> bool:
        """Write records of these sizes, `first` and those after it; False when the disk refused."""
        try:
            segment = self._segment_for(sum(sizes), first)
            assert self._file is not None
            for piece in pieces:
                view = memoryview(piece)
                while view:
                    view = view[self._write(self._file, view[:_WRITE_AT_ONCE_BYTES]) :]
        except OSError:
            self.disk_full = True
            self._abandon_segment()
            return False
        offset = segment.size
        for seq, size in enumerate(sizes, first):
            segment.note(seq, offset)
            offset += size
        segment.size = offset
        segment.last = self.last_seq
        self.disk_full = False
        self._drop_oldest()
        return True

    def _segment_for(self, size: int, first: int) -> _Segment:
        if self._file is not None and self._segments[-1].size + size <= self.segment_bytes:
            return self._segments[-1]
        self._close_file()
        path = private_folder(self.folder) / f"{first:020d}.seg"
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
        self._segments.append(_Segment(path, first, first - 1, 0))
        return self._segments[-1]

    def _abandon_segment(self) -> None:
        """Cut a half-written record off, and begin a new file next time."""
        if self._file is None:
            return
        segment = self._segments[-1]
        try:
            os.ftruncate(self._file, segment.size)
        except OSError:
            segment.index = [entry for entry in segment.index if entry[1] < segment.size]
        self._close_file()
        if segment.size == 0:
            self._segments.pop()
            segment.path.unlink(missing_ok=True)

    def _drop_oldest(self) -> None:
        while len(self._segments) > 1 and self.size_bytes > self.limit_bytes:
            self._segments.pop(0).path.unlink(missing_ok=True)

    def read(self, after: int, max_bytes: int) -> Chunk:
        """What comes after `after`: about `max_bytes` of records in a row, or the gap before them.

        Empty data with no gap means that there is nothing newer.
        """
        wanted = after + 1
        if wanted > self.last_seq:
            return Chunk(b"", after)
        if self._tail and self._tail[0][0] <= wanted:
            return self._read_tail(wanted, max_bytes)
        for segment in self._segments:
            if segment.last < wanted:
                continue
            if segment.first > wanted:
                reason: Literal["space", "disk"] = "space" if segment is self._segments[0] else "disk"
                return Chunk(b"", segment.first - 1, Gap(wanted, segment.first - 1, reason))
            return _read_segment(segment, wanted, max_bytes)
        if self.is_off:
            return Chunk(b"", self.first_seq - 1, Gap(wanted, self.first_seq - 1, "space"))
        return Chunk(b"", self.last_seq, Gap(wanted, self.last_seq, "disk"))

    def _read_tail(self, wanted: int, max_bytes: int) -> Chunk:
        start = wanted - self._tail[0][0]
        picked: list[bytes] = []
        size = 0
        for i in range(start, len(self._tail)):
            record = self._tail[i][1]
            if picked and size + len(record) > max_bytes:
                break
            picked.append(record)
            size += len(record)
        return Chunk(b"".join(picked), wanted + len(picked) - 1)

    def write_meta(self, facts: dict[str, object]) -> None:
        """Keep who this was; a full disk is no reason to fail."""
        try:
            write_private(self.folder / "meta.json", json.dumps({**facts, "journal": self.id}))
        except OSError:
            self.disk_full = True

    def close(self) -> None:
        """Idempotent; reading still works."""
        self._close_file()

    def _close_file(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _scan(path: Path) -> _Segment:
    """The whole records of a file, up to the first damaged one."""
    data = path.read_bytes()
    segment = _Segment(path, int(path.stem), int(path.stem) - 1, 0)
    offset = 0
    while offset + HEAD.size <= len(data):
        length, crc, seq, _ = HEAD.unpack_from(data, offset)
        end = offset + 4 + length
        if length < HEAD.size - 4 or end > len(data) or seq != segment.last + 1:
            break
        if zlib.crc32(memoryview(data)[offset + 8 : end]) != crc:
            break
        segment.note(seq, offset)
        segment.last = seq
        offset = end
    segment.size = offset
    return segment


def _read_segment(segment: _Segment, wanted: int, max_bytes: int) -> Chunk:
    offset = segment.offset_before(wanted)
    with segment.path.open("rb") as file:
        file.seek(offset)
        data = file.read(min(segment.size - offset, _INDEX_EVERY_BYTES + max_bytes))
        start = end = None
        at, last = 0, wanted - 1
        while at + HEAD.size <= len(data):
            length, _, seq, _ = HEAD.unpack_from(data, at)
            if start is None and seq == wanted:
                start = at
            following = at + 4 + length
            if start is not None:
                if end is not None and following - start > max_bytes:
                    break
                if following > len(data):  # a single record larger than the window
                    if end is None:
                        data += file.read(following - len(data))
                        end, last = following, seq
                    break
                end, last = following, seq
            elif following > len(data):
                data += file.read(following - len(data) + _INDEX_EVERY_BYTES + max_bytes)
            at = following
    return Chunk(data[start:end] if start is not None else b"", last)


@dataclass(frozen=True)
class Kept:
    """A journal on disk, as a list shows it. Times in milliseconds since 1970."""

    kernel_id: str
    kernel_name: str
    path: str
    started_at: int
    ended_at: int | None
    size_bytes: int


class Journals:
    """All journals of this user on this machine."""

    def __init__(self, folder: Path, *, limit_bytes: int) -> None:
        self.folder = private_folder(folder)
        self.limit_bytes = limit_bytes

    def open(self, kernel_id: str) -> Journal:
        """The journal of a kernel, new or as it was left."""
        return Journal(self._place(kernel_id), limit_bytes=self.limit_bytes)

    def find(self, kernel_id: str) -> Journal:
        """The journal of a kernel that need not run any more.

        Raises:
            JournalUnknown: There is none.
        """
        place = self._place(kernel_id)
        if not place.is_dir():
            raise JournalUnknown("There is no journal of that kernel; it may be older than seven days.")
        return Journal(place, limit_bytes=self.limit_bytes)

    def list(self) -> tuple[Kept, ...]:
        """Newest first."""
        found = [self._describe(f) for f in self.folder.iterdir() if f.is_dir()] if self.folder.is_dir() else []
        return tuple(sorted(found, key=lambda kept: kept.started_at, reverse=True))

    def delete(self, kernel_id: str) -> None:
        """For good.

        Raises:
            JournalUnknown: There is none.
        """
        place = self._place(kernel_id)
        if not place.is_dir():
            raise JournalUnknown("There is no journal of that kernel.")
        shutil.rmtree(place, ignore_errors=True)

    def expire(self, now_ms: int, *, running: frozenset[str]) -> None:
        """Delete what ended over seven days ago. One without an end (a crash) ended with its last write."""
        for kept in self.list():
            ended = kept.ended_at if kept.ended_at is not None else _newest_ms(self.folder / kept.kernel_id)
            if kept.kernel_id not in running and now_ms - ended > KEEP_ENDED_S * 1000:
                shutil.rmtree(self.folder / kept.kernel_id, ignore_errors=True)

    def _place(self, kernel_id: str) -> Path:
        if not _KERNEL_ID.fullmatch(kernel_id):
            raise JournalUnknown("That is no kernel id.")
        return self.folder / kernel_id

    def _describe(self, folder: Path) -> Kept:
        facts = read_private(folder / "meta.json")
        started, ended = facts.get("started_at"), facts.get("ended_at")
        return Kept(
            kernel_id=folder.name,
            kernel_name=str(facts.get("kernel_name", "")),
            path=str(facts.get("path", "")),
            started_at=started if isinstance(started, int) else 0,
            ended_at=ended if isinstance(ended, int) else None,
            size_bytes=sum(f.stat().st_size for f in folder.glob("*.seg")),
        )


def _newest_ms(folder: Path) -> int:
    return int(max((f.stat().st_mtime for f in folder.iterdir()), default=folder.stat().st_mtime) * 1000)
