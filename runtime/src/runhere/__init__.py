"""What notebooks import: `from runhere import files, output, userdata`. Standard library and IPython only.

It talks to the page that runs the cell; in a kernel without a page everything fails with a sentence, at once or after
a stated
time, and never waits for ever.
"""

from runhere import _files as files
from runhere import _output as output
from runhere import _userdata as userdata
from runhere._page import PageError, PageSilent, ask

__version__ = "0.1.0"
__all__ = ["PageError", "PageSilent", "__version__", "ask", "files", "output", "userdata"]
