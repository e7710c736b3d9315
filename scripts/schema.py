"""`make schema`: the OpenAPI document of the hub -> docs/openapi.json.

Usage: python scripts/schema.py [--check]. With --check nothing is written; the exit status tells whether the file is as
generated.
"""

import json
import subprocess
import sys
from pathlib import Path

import setup

FILE = setup.ROOT / "docs" / "openapi.json"
_PRINT = "import json; from runhere_hub.web.openapi import document; print(json.dumps(document()))"


def generated() -> str:
    """The document as text, keys in the order in which the routes stand."""
    printed = subprocess.run([str(setup.python()), "-c", _PRINT], check=True, capture_output=True, text=True)
    return json.dumps(json.loads(printed.stdout), indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the document, or compare."""
    text = generated()
    if "--check" in sys.argv[1:]:
        same = FILE.exists() and FILE.read_text(encoding="utf-8") == text
        print("docs/openapi.json is as generated" if same else "docs/openapi.json is out of date: run `make schema`")
        return 0 if same else 1
    Path(FILE).write_text(text, encoding="utf-8")
    print("wrote docs/openapi.json")
    return 0


if __name__ == "__main__":
    sys.exit(setup.guarded(main))
