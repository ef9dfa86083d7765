"""The proof of the statistical methods, for the faces, which don't know the library."""

from zhike.analytics import prove

__all__ = ["prove"]
