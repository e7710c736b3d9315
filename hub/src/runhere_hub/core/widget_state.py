"""State of widgets in a file: nbformat keeps it in `metadata.widgets`; here it stands beside each view (SPEC 9.8)."""

from collections.abc import Mapping
from dataclasses import replace

from runhere_hub.core.notebook import Cell, Json, Notebook, Output

VIEW_MIME = "application/vnd.jupyter.widget-view+json"
STATE_MIME = "application/vnd.jupyter.widget-state+json"
_KEY = "widgets"


def as_filed(notebook: Notebook) -> Notebook:
    """The notebook as its file has it: what stands beside the views is gathered into the notebook's metadata."""
    found: dict[str, Json] = {}
    cells = tuple(_without_state(cell, found) for cell in notebook.cells)
    if all(new is old for new, old in zip(cells, notebook.cells, strict=True)):
        return notebook
    if not found:
        return replace(notebook, cells=cells)
    before = _states(notebook.metadata.get(_KEY))
    saved: dict[str, Json] = {"version_major": 2, "version_minor": 0, "state": {**before, **found}}
    others = notebook.metadata.get(_KEY)
    widgets: dict[str, Json] = {**(others if isinstance(others, dict) else {}), STATE_MIME: saved}
    return replace(notebook, metadata={**notebook.metadata, _KEY: widgets}, cells=cells)


def without_saved(notebook: Notebook) -> Notebook:
    """The notebook without the state that its file keeps: outputs stay at home, and so does what widgets hold."""
    return replace(notebook, metadata={key: value for key, value in notebook.metadata.items() if key != _KEY})


def _without_state(cell: Cell, found: dict[str, Json]) -> Cell:
    outputs = []
    for output in cell.outputs:
        data = output.get("data")
        if not isinstance(data, dict) or STATE_MIME not in data or VIEW_MIME not in data:
            outputs.append(output)
            continue
        found.update(_states({STATE_MIME: data[STATE_MIME]}))
        outputs.append(_with_data(output, {mime: value for mime, value in data.items() if mime != STATE_MIME}))
    if all(new is old for new, old in zip(outputs, cell.outputs, strict=True)):
        return cell
    return replace(cell, outputs=tuple(outputs))


def _with_data(output: Output, data: dict[str, Json]) -> Output:
    return {**output, "data": data}


def _states(widgets: Json) -> Mapping[str, Json]:
    """Model id to what is kept of it; nothing of what is no state of version 2."""
    match widgets:
        case {"application/vnd.jupyter.widget-state+json": {"version_major": 2, "state": dict() as states}}:
            return states
        case _:
            return {}
