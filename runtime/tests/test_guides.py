"""The guides of docs/use say what the program says: every option, every error by its own words, in both languages."""

from __future__ import annotations

import argparse
import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from runhere_runtime.cli.main import _parser

pytestmark = pytest.mark.fast

REPOSITORY = Path(__file__).resolve().parents[2]
GUIDES = REPOSITORY / "docs" / "use"
PAIRS = ("local-runtimes", "remote-runtimes", "colab")
# What only the page says stands in the page's words.
WORDS_OF_THE_PAGE = REPOSITORY / "frontend/src/i18n/en/requests.ts"


def read(name: str) -> str:
    return (GUIDES / f"{name}.md").read_text(encoding="utf-8")


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    """The long options of a command and of those below it, and the names of these."""
    found = {one for action in parser._actions for one in action.option_strings if one.startswith("--")}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                found |= {name, *options_of(below)}
    return found


def sentences(text: str) -> set[str]:
    """The quoted words in the first column of tables."""
    rows = [re.sub(r"`[^`]*`", "", line).split("|")[1] for line in text.splitlines() if line.startswith("|")]
    return {quoted for cell in rows for quoted in re.findall(r'"([^"]+)"', cell)}


def test_every_option_and_command_is_in_the_guides_of_both_languages() -> None:
    options = options_of(_parser()) - {"--help", "--version"}
    assert len(options) > 25
    for language in ("", ".ja"):
        guides = "".join(read(name + language) for name in PAIRS)
        missing = {one for one in options if not re.search(rf"{re.escape(one)}(?![\w-])", guides)}
        assert not missing, (language, missing)


def test_every_error_of_the_guides_is_one_of_ours_word_for_word() -> None:
    said = WORDS_OF_THE_PAGE.read_text(encoding="utf-8")
    for path in (REPOSITORY / "runtime" / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                said += f"\n{node.value}"
    quoted = {sentence for name in PAIRS for sentence in sentences(read(name))}
    assert len(quoted) > 40
    for sentence in quoted:
        for part in re.split(r"…|\d+(?:\.\d+)?", sentence):
            assert part.strip() in said, f"{sentence!r}: nothing says {part.strip()!r}"


@pytest.mark.parametrize("name", PAIRS)
def test_both_languages_say_the_same_section_by_section(name: str) -> None:
    shapes = []
    for text in (read(name), read(f"{name}.ja")):
        shape: list[object] = []
        for section in re.split(r"(?m)^(?=#+ )", text):
            level = len(section) - len(section.lstrip("#"))
            code = [re.sub(r"\s+# .*", "", block) for block in re.findall(r"(?ms)^```.*?^```", section)]
            options = Counter(re.findall(r"(?<![\w-])--?[a-zA-Z][\w-]*", re.sub(r"(?ms)^```.*?^```", "", section)))
            lists = len(re.findall(r"(?m)^(?:\d+\.|-) ", section))
            rows = len(re.findall(r"(?m)^\|", section))
            shape.append((level, code, rows, lists, sorted(options), sorted(sentences(section))))
        shapes.append(shape)
    english, japanese = shapes
    assert len(english) == len(japanese)
    for number, (one, other) in enumerate(zip(english, japanese, strict=True)):
        assert one == other, f"section {number}"
