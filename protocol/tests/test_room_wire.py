"""The library says what SPEC.md says."""

import re
import sys
from pathlib import Path
from typing import get_args

import runhere_protocol
from runhere_protocol import CloseCode

SPEC = (Path(__file__).parents[1] / "SPEC.md").read_text()


def test_exports_are_exactly_what_init_names() -> None:
    public = {name for name in vars(runhere_protocol) if not name.startswith("_")} | {"__version__"}
    assert set(runhere_protocol.__all__) == public
    assert len(runhere_protocol.__all__) == len(set(runhere_protocol.__all__))


def test_5_close_codes_are_those_of_the_spec() -> None:
    section = SPEC.split("## 5. Close codes")[1].split("##")[0]
    assert {int(code) for code in re.findall(r"\b(1001|4\d{3})\b", section)} == {code.value for code in CloseCode}


def test_2_1_subprotocol_and_version_are_those_of_the_spec() -> None:
    assert f"`{runhere_protocol.ROOM_SUBPROTOCOL}`" in SPEC
    assert f"Version of this protocol: **{runhere_protocol.ROOM_PROTOCOL}**" in SPEC


def test_every_frame_type_of_the_library_stands_in_the_spec() -> None:
    fields = [getattr(thing, "__annotations__", {}) for thing in vars(runhere_protocol).values()]
    names = {name for field in fields if "type" in field for name in get_args(field["type"])}
    assert names == {name for name in names if f'"type":"{name}"' in SPEC}
    assert {"join", "hello", "saved", "run", "take_over"} <= names


def test_the_library_needs_the_standard_library_only() -> None:
    sources = [path.read_text() for path in Path(runhere_protocol.__file__).parent.glob("*.py")]
    imported = {module for source in sources for module in re.findall(r"^(?:from|import) (\w+)", source, re.M)}
    assert imported - {"runhere_protocol"} <= set(sys.stdlib_module_names)
