"""What user code imports inside a notebook. Standard library and IPython only."""

__version__ = "0.1.0"
__all__ = ["__version__"]
