"""The settings file of a hub for several people, as its commands are told of it."""

import argparse

DEFAULT = "runhere.toml"


def add_config(parser: argparse.ArgumentParser) -> None:
    """`--config FILE`, for the file in `arguments.config`."""
    parser.add_argument("--config", default=DEFAULT, metavar="FILE", help=f"settings file (default: ./{DEFAULT})")
