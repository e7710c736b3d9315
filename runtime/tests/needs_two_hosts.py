"""The mark of tests that need two hosts. In a file of its own: to find out, it makes a network namespace."""

from __future__ import annotations

import pytest
from two_hosts import why_not

SKIP = why_not()
needs_two_hosts = pytest.mark.skipif(SKIP is not None, reason=str(SKIP))
