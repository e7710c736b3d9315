"""`make schema`: the OpenAPI document of the hub -> docs/openapi.json -> the page's types.

Usage: python scripts/schema.py [--check]. With --check nothing is written; the exit status tells whether both files are
as generated.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import setup

DOCUMENT = setup.ROOT / "docs" / "openapi.json"
TYPES = setup.FRONTEND / "src" / "api" / "generated" / "schema.ts"
_PRINT = "import json; from runhere_hub.web.openapi import document; print(json.dumps(document()))"
_TO_TYPES = Path("node_modules") / "openapi-typescript" / "bin" / "cli.js"


def document() -> str:
    """The document as text, keys in the order in which the routes stand."""
    printed = subprocess.run([str(setup.python()), "-c", _PRINT], check=True, capture_output=True, text=True)
    return json.dumps(json.loads(printed.stdout), indent=2, ensure_ascii=False) + "\n"


def types(text: str) -> str:
    """The page's types of a document."""
    with tempfile.TemporaryDirectory(prefix="runhere-schema-") as place:
        source, target = Path(place) / "openapi.json", Path(place) / "schema.ts"
        source.write_text(text, encoding="utf-8")
        words = [str(word) for word in setup.node(_TO_TYPES, source, "-o", target)]
        subprocess.run(words, cwd=setup.FRONTEND, check=True, capture_output=True)
        return target.read_text(encoding="utf-8")


def main() -> int:
    """Write both files, or compare."""
    setup.node_packages()
    text = document()
    stale = [
        file
        for file, wanted in ((DOCUMENT, text), (TYPES, types(text)))
        if not file.exists() or file.read_text(encoding="utf-8") != wanted
    ]
    names = " and ".join(str(file.relative_to(setup.ROOT)) for file in stale)
    if "--check" in sys.argv[1:]:
        print(f"out of date: {names}; run `make schema`" if stale else "document and types are as generated")
        return 1 if stale else 0
    for file in stale:
        file.write_text(text if file == DOCUMENT else types(text), encoding="utf-8")
    print(f"wrote {names}" if stale else "nothing to write")
    return 0


if __name__ == "__main__":
    sys.exit(setup.guarded(main))
