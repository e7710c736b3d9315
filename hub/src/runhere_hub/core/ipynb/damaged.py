"""What can be read of a damaged notebook file: cut off, edited by hand, with conflict markers or odd cells.

Read leniently: the end of the file closes what is open, missing commas do not matter, conflict markers are skipped, so
that both sides stay.
"""

import re
from dataclasses import replace

from runhere_hub.core.errors import NotebookInvalid
from runhere_hub.core.ipynb.json_text import MAX_DEPTH, STRING, string_value
from runhere_hub.core.ipynb.read import NEWEST_MINOR, cleaned
from runhere_hub.core.json_values import with_unix_lines, without_surrogates
from runhere_hub.core.merge.align import MadeIds
from runhere_hub.core.notebook import Cell, CellId, CellType, Json, Notebook, Output
from runhere_hub.core.outputs import is_json_mime, normalise

# Indented too: an editor may have formatted the file since. No line of JSON looks like that.
_MARKER = re.compile(r"^[ \t]*(<{7}|\|{7}|={7}|>{7})(?:[ \t].*)?\r?$", re.MULTILINE)
_SKIP = re.compile(r"[\s,:]+")
_SCALAR = re.compile(r"[-+.\w]+")
_OPEN_STRING = re.compile(r'"[^"\\\n\r]*(?:\\[^\n\r][^"\\\n\r]*)*\\?"?')
_TYPES: dict[Json, CellType] = {"code": "code", "markdown": "markdown", "raw": "raw", "heading": "markdown"}


def conflict_markers_line(text: str) -> int | None:
    """The line, from 1, of the first conflict marker that git (or another tool) left in the file; None: there is none.

    For texts that are no JSON: only there a line can be a marker.
    """
    found = list(_MARKER.finditer(text))
    if not {"<", ">"} <= {marker.group(1)[0] for marker in found}:
        return None
    return text.count("\n", 0, found[0].start(1)) + 1


def salvage_text(text: str) -> Notebook:
    """Every cell that can be recognised, as a new notebook of the newest format.

    Raises:
        NotebookInvalid: There is none.
    """
    value = cleaned(_Lenient(_MARKER.sub("", text)).whole())
    cells = [cell for item in _cells_in(value) if (cell := _cell(item)) is not None]
    if not cells:
        raise NotebookInvalid("the whole file", "no cell can be recognised in it", 1, 1)
    made = MadeIds(())
    cells = [replace(cell, id=made.make(cell)) for cell in cells]
    metadata = value.get("metadata") if isinstance(value, dict) else None
    return Notebook(4, NEWEST_MINOR, _metadata(metadata), tuple(cells))


def _metadata(value: Json) -> dict[str, Json]:
    """The notebook's metadata; what other programs rely on is kept only in its right form."""
    kept = dict(value) if isinstance(value, dict) else {}
    for key, needed in (("kernelspec", ("name", "display_name")), ("language_info", ("name",))):
        known = kept.get(key)
        if not isinstance(known, dict) or not all(isinstance(known.get(name), str) for name in needed):
            kept.pop(key, None)
    return kept


def _cells_in(value: Json) -> list[Json]:
    """The list of cells, wherever it is: also in worksheets of old formats, or of a file that begins in its middle."""
    if isinstance(value, dict):
        if isinstance(value.get("cells"), list):
            found = value["cells"]
            return found if isinstance(found, list) else []
        if "cell_type" in value:
            return [value]
        return [cell for inner in value.values() for cell in _cells_in(inner)]
    if isinstance(value, list):
        return [cell for inner in value for cell in _cells_in(inner)]
    return []


def _cell(value: Json) -> Cell | None:
    if not isinstance(value, dict):
        return None
    given = value.get("cell_type")
    cell_type = _TYPES.get(given if isinstance(given, str) else "", "raw")
    source = _text(value.get("source", value.get("input", "")))
    if not source and "cell_type" not in value:
        return None
    metadata, attachments, outputs = value.get("metadata"), value.get("attachments"), value.get("outputs")
    is_code = cell_type == "code"
    count = value.get("execution_count")
    return Cell(
        id=CellId(""),
        type=cell_type,
        source=with_unix_lines(without_surrogates(source)),
        metadata=metadata if isinstance(metadata, dict) else {},
        attachments=attachments
        if isinstance(attachments, dict) and all(isinstance(bundle, dict) for bundle in attachments.values())
        else None,
        outputs=tuple(_outputs(outputs)) if is_code and isinstance(outputs, list) else (),
        execution_count=count if is_code and isinstance(count, int) and not isinstance(count, bool) else None,
    )


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value
    return "".join(line for line in value if isinstance(line, str)) if isinstance(value, list) else ""


def _outputs(values: list[Json]) -> list[Output]:
    return [found for value in values if isinstance(value, dict) and (found := _output(value)) is not None]


def _output(value: dict[str, Json]) -> Output | None:
    """An output that nbformat 4 accepts, or None."""
    kind = value.get("output_type")
    if kind == "stream" and isinstance(value.get("name"), str):
        return {"output_type": kind, "name": value["name"], "text": _text(value.get("text"))}
    if kind in ("display_data", "execute_result") and isinstance(value.get("data"), dict):
        made = normalise(value)
        data = made["data"]
        kept = (
            {mime: item for mime, item in data.items() if is_json_mime(mime) or isinstance(item, str)}
            if isinstance(data, dict)
            else {}
        )
        count = made.get("execution_count")
        whole: dict[str, Json] = {"output_type": kind, "data": kept, "metadata": made["metadata"]}
        return whole | (
            {"execution_count": count if isinstance(count, int) else None} if kind == "execute_result" else {}
        )
    if kind == "error":
        traceback = value.get("traceback")
        lines: list[Json] = [line for line in traceback if isinstance(line, str)] if isinstance(traceback, list) else []
        return {
            "output_type": kind,
            "ename": _text(value.get("ename")),
            "evalue": _text(value.get("evalue")),
            "traceback": lines,
        }
    return None


class _Lenient:
    """JSON that is not quite: never fails, keeps what it understands."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def whole(self) -> Json:
        found: list[Json] = []
        while self.skip():
            found.append(self.value(0))
        return found[0] if len(found) == 1 else found

    def skip(self) -> bool:
        """Past white space and separators; False at the end."""
        space = _SKIP.match(self.text, self.at)
        self.at = space.end() if space else self.at
        return self.at < len(self.text)

    def value(self, depth: int) -> Json:
        first = self.text[self.at]
        if first == '"':
            return self.string()
        if first in "{[" and depth < MAX_DEPTH:
            self.at += 1
            return self.object(depth + 1) if first == "{" else self.array(depth + 1)
        scalar = _SCALAR.match(self.text, self.at)
        self.at = scalar.end() if scalar else self.at + 1
        return _scalar(scalar.group()) if scalar else None

    def string(self) -> str:
        whole = STRING.match(self.text, self.at)
        if whole:
            self.at = whole.end()
            return string_value(whole.group())
        found = _OPEN_STRING.match(self.text, self.at)
        raw = found.group() if found else '"'
        self.at += len(raw)
        return re.sub(
            r"\\(.)", lambda escape: {"n": "\n", "t": "\t"}.get(escape.group(1), escape.group(1)), raw.strip('"')
        )

    def array(self, depth: int) -> Json:
        items: list[Json] = []
        while self.skip() and self.text[self.at] not in "]}":
            items.append(self.value(depth))
        self.close("]")
        return items

    def object(self, depth: int) -> Json:
        members: dict[str, Json] = {}
        while self.skip() and self.text[self.at] not in "]}":
            if self.text[self.at] != '"':
                self.value(depth)
                continue
            key = self.string()
            if self.skip() and self.text[self.at] not in "]}":
                members[key] = self.value(depth)
        self.close("}")
        return members

    def close(self, sign: str) -> None:
        """Past the closing sign; another container's sign is left to that one, unless nothing is open."""
        if self.text[self.at : self.at + 1] == sign:
            self.at += 1


def _scalar(word: str) -> Json:
    if word in ("true", "false"):
        return word == "true"
    try:
        return int(word)
    except ValueError:
        pass
    try:
        return float(word)
    except ValueError:
        return None
