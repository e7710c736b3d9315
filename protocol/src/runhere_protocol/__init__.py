"""What hub, page and runtime say to each other: versions, close codes, message shapes."""

__version__ = "0.1.0"
__all__ = ["__version__"]
