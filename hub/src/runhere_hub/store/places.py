"""Paths in columns: what lies below a directory, and where it lies when the directory is called otherwise."""

from typing import Any

from sqlalchemy import Column, ColumnElement, func, or_


def below(column: Column[Any], path: str) -> ColumnElement[bool]:
    """True for the directory itself and everything in it."""
    return or_(column == path, column.startswith(f"{path}/", autoescape=True))


def moved(column: Column[Any], path: str, to: str) -> ColumnElement[str]:
    """What was below `path`, below `to`."""
    return to + func.substr(column, len(path) + 1)
