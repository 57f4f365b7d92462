"""How functions are compiled: once, kept on disk, and without the interpreter's lock, so that threads run side by side.

With ``NUMBA_DISABLE_JIT=1`` the same text runs uncompiled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba

__all__ = ["bare", "inlined", "jit"]

jit = numba.njit(cache=True, nogil=True)
inlined = numba.njit(cache=True, nogil=True, inline="always")
"""For helpers that take many arrays: handing arrays to a function costs more than a draw."""

if TYPE_CHECKING:
    bare = jit
else:
    # Numba's own annotations do not list this option.
    bare = numba.njit(cache=True, nogil=True, _nrt=False)
"""For functions that make no array. They do not count references to arrays that they are handed, which costs a fifth of
the time where much is handed for few people; whoever calls them holds the arrays."""
