"""The journal on disk: numbered, bounded, whole after a crash, patient with a full disk."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runhere_runtime.errors import JournalFrameInvalid, JournalUnknown
from runhere_runtime.journal.log import TAIL_BYTES, Chunk, Gap, Journal, Journals
from runhere_runtime.journal.record import (
    HEAD,
    Part,
    message_pieces,
    pack_message,
    pack_record,
    unpack_message,
    unpack_records,
)

MIB = 2**20


def read_all(journal: Journal, after: int = 0, max_bytes: int = 10_000) -> tuple[list[bytes], list[Gap]]:
    """Everything after `after`, as a client would ask for it; checks that seqs continue."""
    found: list[bytes] = []
    gaps: list[Gap] = []
    while True:
        chunk = journal.read(after, max_bytes)
        if chunk.gap:
            assert chunk.gap.first == after + 1
            assert chunk.gap.last == chunk.last
            gaps.append(chunk.gap)
        elif not chunk.data:
            return found, gaps
        for record in unpack_records(chunk.data):
            assert record.seq == after + 1
            after = record.seq
            found.append(record.message)
        after = chunk.last


def numbered(first: int, last: int, size: int = 100) -> list[bytes]:
    return [str(i).encode().ljust(size, b".") for i in range(first, last + 1)]


def in_pieces(messages: list[bytes]) -> list[tuple[bytes, ...]]:
    """Each message cut in two, as those of a kernel come in parts."""
    return [(message[:3], message[3:]) for message in messages]


def fill(journal: Journal, first: int, last: int, size: int = 100) -> None:
    for message in numbered(first, last, size):
        journal.append([[message]], 0)


def forget(journal: Journal) -> Journal:
    """The same journal, read by somebody else: from the disk only."""
    return Journal(journal.folder, limit_bytes=journal.limit_bytes)


def test_what_is_appended_can_be_read_from_any_place(tmp_path: Path) -> None:
    journal = Journal(tmp_path, limit_bytes=64 * MIB)
    journal.append(in_pieces(numbered(1, 3)), 5)
    data = journal.append(in_pieces(numbered(4, 4)), 6)
    assert [(r.seq, r.time_ms) for r in unpack_records(b"".join(data))] == [(4, 6)]
    for reader in (journal, forget(journal)):
        for after in range(5):
            assert read_all(reader, after) == (numbered(after + 1, 4), [])
        assert reader.read(4, 100) == Chunk(b"", 4)
        assert reader.read(99, 100) == Chunk(b"", 99)
        assert (reader.first_seq, reader.last_seq, reader.id) == (1, 4, reader.id)


@settings(max_examples=30)
@given(
    sizes=st.lists(st.integers(1, 60_000), min_size=1, max_size=60),
    after=st.integers(0, 60),
    max_bytes=st.integers(1, 200_000),
)
def test_reading_gives_every_record_once_whatever_the_sizes(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], after: int, max_bytes: int
) -> None:
    journal = Journal(tmp_path_factory.mktemp("j"), limit_bytes=64 * MIB)
    messages = [bytes([i % 256]) * size for i, size in enumerate(sizes)]
    for message in messages:
        journal.append([[message]], 0)
    expected = messages[after:]
    assert read_all(journal, after, max_bytes) == (expected, [])
    assert read_all(forget(journal), after, max_bytes) == (expected, [])
    journal.close()


def test_a_record_larger_than_a_segment_is_kept_whole(tmp_path: Path) -> None:
    journal = Journal(tmp_path, limit_bytes=4 * MIB)
    messages = [b"a", b"b" * (2 * MIB), b"c"]
    for message in messages:
        journal.append([[message]], 0)
    assert read_all(journal) == (messages, [])
    assert read_all(forget(journal)) == (messages, [])


def test_large_buffers_are_kept_and_handed_on_without_a_copy(tmp_path: Path) -> None:
    journal = Journal(tmp_path, limit_bytes=64 * MIB)
    buffer = memoryview(bytearray(b"b" * (2 * MIB)))
    frames = [b"{1}", b"{2}", b"{3}", b"{4}", buffer]
    small = pack_message("iopub", [b"{}"] * 4)
    journal.append([[small]], 0)
    pieces = journal.append([message_pieces("iopub", frames), [small]], 7)
    assert any(piece is buffer for piece in pieces)
    journal.append([[small]], 0)
    whole = pack_message("iopub", frames)
    assert [(r.seq, r.time_ms, r.message) for r in unpack_records(b"".join(pieces))] == [(2, 7, whole), (3, 7, small)]
    for reader in (journal, forget(journal)):
        assert read_all(reader) == ([small, whole, small, small], [])
        assert read_all(reader, 2) == ([small, small], [])
    channel, parts = unpack_message(whole)
    assert (channel, parts) == ("iopub", frames)
    assert isinstance(parts[4], memoryview)
    assert parts[4].obj is whole


def test_beyond_the_limit_the_oldest_goes_and_readers_are_told(tmp_path: Path) -> None:
    journal = Journal(tmp_path, limit_bytes=2 * MIB)
    fill(journal, 1, 8000, 1000)
    assert journal.size_bytes <= 2 * MIB + journal.segment_bytes
    assert sum(f.stat().st_size for f in tmp_path.glob("*.seg")) == journal.size_bytes
    reader = forget(journal)
    first = reader.first_seq
    assert first > 1
    found, gaps = read_all(reader, 10)
    assert gaps == [Gap(11, first - 1, "space")]
    assert found == numbered(first, 8000, 1000)
    assert read_all(reader, first + 5) == (numbered(first + 6, 8000, 1000), [])


def test_a_torn_end_is_cut_off_and_numbers_go_on(tmp_path: Path) -> None:
    journal = Journal(tmp_path, limit_bytes=64 * MIB)
    fill(journal, 1, 10)
    journal.close()
    (segment,) = tmp_path.glob("*.seg")
    whole = segment.read_bytes()
    for cut in (1, HEAD.size - 1, HEAD.size + 5, 120):
        segment.write_bytes(whole[:-cut])
        again = forget(journal)
        assert again.last_seq == 9
        assert read_all(again) == (numbered(1, 9), [])
    damaged = bytearray(whole)
    damaged[-3] ^= 1
    segment.write_bytes(damaged)
    again = forget(journal)
    assert read_all(again) == (numbered(1, 9), [])
    again.append(in_pieces(numbered(10, 10)), 0)
    assert read_all(forget(again)) == (numbered(1, 10), [])


class FullDisk:
    """os.write that fails from one call on, having written half, until it is told to work again."""

    def __init__(self) -> None:
        self.full = False

    def write(self, file: int, data: memoryview) -> int:
        if self.full:
            os.write(file, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        return os.write(file, data)


def test_a_full_disk_leaves_a_gap_that_is_told_and_nothing_else(tmp_path: Path) -> None:
    disk = FullDisk()
    journal = Journal(tmp_path, limit_bytes=64 * MIB, write=disk.write)
    fill(journal, 1, 5)
    assert not journal.disk_full
    disk.full = True
    lost = journal.append(in_pieces(numbered(6, 7)), 0)
    assert [r.seq for r in unpack_records(b"".join(lost))] == [6, 7], "those who are connected still get them"
    assert journal.disk_full
    found, gaps = read_all(journal)
    assert (found, gaps) == (numbered(1, 5), [Gap(6, 7, "disk")])
    disk.full = False
    fill(journal, 8, 9)
    assert not journal.disk_full
    for reader in (journal, forget(journal)):
        assert read_all(reader) == (numbered(1, 5) + numbered(8, 9), [Gap(6, 7, "disk")])


def test_files_are_private(tmp_path: Path) -> None:
    journals = Journals(tmp_path / "journal", limit_bytes=MIB)
    journal = journals.open("k1")
    fill(journal, 1, 1)
    journal.write_meta({"kernel_id": "k1"})
    if os.name == "posix":
        for path in (journals.folder, *journals.folder.rglob("*")):
            assert path.stat().st_mode & 0o077 == 0, path


def test_journals_are_listed_found_deleted_and_expire_after_a_week(tmp_path: Path) -> None:
    journals = Journals(tmp_path, limit_bytes=MIB)
    day = 24 * 3600 * 1000
    for kernel, ended in (("old", 1 * day), ("new", 6 * day), ("running", 1 * day)):
        journal = journals.open(kernel)
        fill(journal, 1, 2)
        journal.write_meta({"kernel_id": kernel, "kernel_name": "python3", "started_at": ended - 1, "ended_at": ended})
        journal.close()
    assert journals.list()[0].kernel_id == "new"
    journals.expire(8 * day + 1, running=frozenset({"running"}))
    assert {k.kernel_id for k in journals.list()} == {"new", "running"}
    assert read_all(journals.find("new"))[0] == numbered(1, 2)
    with pytest.raises(JournalUnknown):
        journals.find("old")
    journals.delete("new")
    with pytest.raises(JournalUnknown):
        journals.delete("new")
    for name in ("..", "../x", "a/b", "", "."):
        with pytest.raises(JournalUnknown):
            journals.find(name)
        with pytest.raises(JournalUnknown):
            journals.delete(name)
    assert {k.kernel_id for k in journals.list()} == {"running"}


@given(st.sampled_from(["shell", "iopub"]), st.lists(st.binary(max_size=50), min_size=4, max_size=8))
def test_messages_survive_packing(channel: str, frames: list[bytes]) -> None:
    assert unpack_message(pack_message(channel, frames)) == (channel, frames)


@given(st.binary(max_size=200))
def test_garbage_is_refused_in_our_own_words(data: bytes) -> None:
    try:
        unpack_message(data)
        list(unpack_records(data))
    except JournalFrameInvalid:
        pass


def test_a_damaged_batch_is_refused() -> None:
    data = bytearray(pack_record(1, 2, [b"a", b"bc"]))
    data[-1] ^= 1
    with pytest.raises(JournalFrameInvalid):
        list(unpack_records(bytes(data)))


def test_a_journal_that_is_off_is_on_no_disk_and_still_serves_who_comes_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path, limit_bytes=64 * MIB)
    fill(journal, 1, 5)
    assert list(tmp_path.glob("*.seg"))
    journal.turn_off()
    fill(journal, 6, 9)
    assert not list(tmp_path.glob("*.seg"))
    assert read_all(journal) == (numbered(1, 9), [])
    assert read_all(journal, 7) == (numbered(8, 9), [])
    assert (journal.first_seq, journal.last_seq, journal.size_bytes) == (1, 9, 0)
    fill(journal, 10, 8000, 1000)
    first = journal.first_seq
    assert first > 10
    assert read_all(journal, 3) == (numbered(first, 8000, 1000), [Gap(4, first - 1, "space")])
    large: list[Part] = [b"{1}", b"{2}", b"{3}", b"{4}", memoryview(bytearray(b"b" * (TAIL_BYTES + 1)))]
    journal.append([message_pieces("iopub", large)], 0)
    assert read_all(journal, 7999) == ([], [Gap(8000, 8001, "space")])
    assert not list(tmp_path.glob("*.seg"))


def test_a_journal_that_cannot_be_deleted_says_so_and_writes_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path, limit_bytes=64 * MIB)
    fill(journal, 1, 5)
    (segment,) = tmp_path.glob("*.seg")
    size = segment.stat().st_size

    def refuse(path: Path, *, missing_ok: bool = False) -> None:
        raise PermissionError(path, missing_ok)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refuse)
        with pytest.raises(PermissionError):
            journal.turn_off()
    fill(journal, 6, 9)
    assert segment.stat().st_size == size
    journal.turn_off()
    assert not list(tmp_path.glob("*.seg"))
