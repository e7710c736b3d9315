"""The companion: a Jupyter server behind one gate, with a journal. See ARCHITECTURE.md."""

__version__ = "0.1.0"
