"""Where a file keeps the state of its widgets."""

import pytest

from runhere_hub.core.notebook import Cell, CellId, Json, Notebook
from runhere_hub.core.widget_state import STATE_MIME, VIEW_MIME, as_filed, without_saved

pytestmark = pytest.mark.fast


def saved(**states: Json) -> dict[str, Json]:
    return {"version_major": 2, "version_minor": 0, "state": dict(states)}


def notebook(*bundles: dict[str, Json], metadata: dict[str, Json] | None = None) -> Notebook:
    outputs = tuple({"output_type": "display_data", "metadata": {}, "data": data} for data in bundles)
    return Notebook(4, 5, metadata or {}, (Cell(CellId("a"), "code", "s", outputs=outputs),))


def test_9_8_what_stands_beside_the_views_goes_into_the_notebooks_metadata() -> None:
    one = {VIEW_MIME: {"model_id": "m"}, STATE_MIME: saved(m={"value": 1}, lay={}), "text/plain": "s"}
    two = {VIEW_MIME: {"model_id": "n"}, STATE_MIME: saved(n={"value": 2}, lay={})}
    before: dict[str, Json] = {"kernelspec": {}, "widgets": {STATE_MIME: saved(old={}, m={"value": 0}), "other": 1}}
    assert as_filed(notebook(one, two, metadata=before)) == notebook(
        {VIEW_MIME: {"model_id": "m"}, "text/plain": "s"},
        {VIEW_MIME: {"model_id": "n"}},
        metadata={
            "kernelspec": {},
            "widgets": {STATE_MIME: saved(old={}, m={"value": 1}, lay={}, n={"value": 2}), "other": 1},
        },
    )


def test_9_8_a_notebook_without_widgets_is_the_same_object() -> None:
    plain = notebook({"text/plain": "1"}, {STATE_MIME: saved(m={})}, metadata={"widgets": {STATE_MIME: saved(m={})}})
    assert as_filed(plain) is plain


@pytest.mark.parametrize("strange", ["text", 1, None, {}, {"version_major": 1, "state": {"m": {}}}, {"state": []}])
def test_9_8_what_is_no_state_is_left_out_of_the_file(strange: Json) -> None:
    filed = as_filed(notebook({VIEW_MIME: {"model_id": "m"}, STATE_MIME: strange}))
    assert filed == notebook({VIEW_MIME: {"model_id": "m"}})


def test_9_8_where_outputs_stay_at_home_the_files_own_state_goes_too() -> None:
    before: dict[str, Json] = {"kernelspec": {}, "widgets": {STATE_MIME: saved(m={})}}
    assert without_saved(notebook(metadata=before)) == notebook(metadata={"kernelspec": {}})
