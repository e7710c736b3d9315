"""Where a text occurs in a notebook."""

import json

import pytest

from runhere_hub.core import find
from runhere_hub.core.drive import Match


def notebook(*sources: object) -> dict[str, object]:
    return {"cells": [{"id": f"c{i}", "source": source} for i, source in enumerate(sources)]}


@pytest.mark.fast
def test_sources_are_searched_without_regard_to_case_one_match_a_cell() -> None:
    content = notebook("import PANDAS as pd\nPandas again", ["x = 1\n", "y = pandas"], "nothing")
    assert find.in_sources(content, "pandas") == (
        Match("c0", "source", "import PANDAS as pd"),
        Match("c1", "source", "y = pandas"),
    )


@pytest.mark.fast
@pytest.mark.parametrize(
    "content", [None, [], {}, {"cells": 3}, {"cells": [3, {"source": 5}, {"source": [1, "pandas"]}]}]
)
def test_damaged_parts_are_passed_over(content: object) -> None:
    assert [m.snippet for m in find.in_sources(content, "pandas")] in ([], ["pandas"])


@pytest.mark.fast
@pytest.mark.parametrize("text", ["pandas", "a < b", "größe", 'print("x")', "日本", "a\tb", "c:\\d"])
@pytest.mark.parametrize("ensure_ascii", [True, False])
def test_the_quick_look_never_hides_a_match(text: str, ensure_ascii: bool) -> None:
    raw = json.dumps(notebook(f"left {text.upper()} right"), ensure_ascii=ensure_ascii).replace("<", "\\u003c").encode()
    assert find.in_sources(json.loads(raw), text)
    assert find.may_contain(raw, text)


@pytest.mark.fast
def test_the_quick_look_rules_most_files_out() -> None:
    assert not find.may_contain(json.dumps(notebook("import numpy")).encode(), "pandas")


@pytest.mark.fast
def test_a_long_line_becomes_a_piece_around_the_match() -> None:
    (match,) = find.in_sources(notebook("x" * 500 + "needle" + "y" * 500), "needle")
    assert match.snippet == "…" + "x" * 60 + "needle" + "y" * 60 + "…"
