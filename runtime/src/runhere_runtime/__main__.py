"""`python -m runhere_runtime`."""

import sys

from runhere_runtime.cli import main

if __name__ == "__main__":
    sys.exit(main())
