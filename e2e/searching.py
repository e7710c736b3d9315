"""Looks for secrets in whatever somebody else may hold, in every form in which a program might have kept them."""

import base64
import gzip
import io
import re
import sqlite3
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote


def forms(secret: str) -> list[bytes]:
    """A text as it is, turned round, in UTF-16, base64 (at every offset), hex, percent signs and JSON escapes."""
    plain = secret.encode()
    framed = [in_base64(plain, n) for n in range(3)]
    spelt = "".join(f"%{byte:02x}" for byte in plain).encode()
    escaped = "".join(f"\\u{ord(sign):04x}" for sign in secret).encode()
    quoted = quote(secret, safe="").encode()
    wide = [secret.encode("utf-16-le"), secret.encode("utf-16-be")]
    return [plain, plain[::-1], *wide, *framed, plain.hex().encode(), spelt, escaped, quoted]


def in_base64(plain: bytes, offset: int) -> bytes:
    """Every sign of it that is the same whatever stands around it: fewer of a short one would be found by chance."""
    coded = base64.b64encode(b"x" * offset + plain + b"xx")
    return coded[-(-offset * 8 // 6) : (offset + len(plain)) * 8 // 6]


def holds(data: bytes, secret: str) -> bool:
    """Whether these bytes hold the secret; letters may be large or small, and parts may be compressed."""
    lower = data.lower()
    if any(form in data or form.lower() in lower for form in forms(secret)):
        return True
    for found in re.finditer(rb"\x1f\x8b\x08", data):
        try:
            if holds(gzip.decompress(data[found.start() :]), secret):
                return True
        except (OSError, EOFError):
            continue
    return False


def in_files(*roots: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below these; what is in an archive besides, and each value of each row of a database."""
    for root in roots:
        for path in sorted([root] if root.is_file() else root.rglob("*")):
            if not path.is_file():
                continue
            data = path.read_bytes()
            yield str(path), data
            yield str(path), str(path).encode()
            if data.startswith(b"SQLite format 3"):
                yield from in_database(path)
            if path.name.endswith(".tar.gz"):
                yield from in_archive(data, str(path))


def in_database(path: Path) -> Iterator[tuple[str, bytes]]:
    """Values one by one: in the file a long one lies in pieces."""
    with closing(sqlite3.connect(path)) as db:
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            for row in db.execute(f'SELECT * FROM "{name}"'):
                for value in row:
                    if value is not None:
                        yield f"{path}:{name}", value if isinstance(value, bytes) else str(value).encode()


def in_archive(data: bytes, name: str) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            found = archive.extractfile(member)
            if found is not None:
                yield f"{name}:{member.name}", found.read()


def finds(secrets: dict[str, str], places: Iterable[tuple[str, bytes]]) -> list[tuple[str, str]]:
    """(what, where) of every secret that is somewhere."""
    return [(what, where) for where, data in places for what, secret in secrets.items() if holds(data, secret)]
