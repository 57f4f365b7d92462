"""How functions are compiled: once, kept on disk, and without the interpreter's lock, so that threads run side by side.

With ``NUMBA_DISABLE_JIT=1`` the same text runs uncompiled.
"""

from __future__ import annotations

import numba

__all__ = ["inlined", "jit"]

jit = numba.njit(cache=True, nogil=True)
inlined = numba.njit(cache=True, nogil=True, inline="always")
"""For helpers that take many arrays: handing arrays to a function costs more than a draw."""
