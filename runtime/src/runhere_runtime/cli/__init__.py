"""The command line: `runhere-runtime [options]`, and its subcommands (main.py; far.py: other machines, and what is
wrong).
"""

from runhere_runtime.cli.main import main

__all__ = ["main"]
