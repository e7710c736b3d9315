"""The hub: stores and shares notebooks and serves the page. See ARCHITECTURE.md."""

__version__ = "0.1.0"
