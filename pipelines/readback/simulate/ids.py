"""Random identifiers as columns: hexadecimal strings and UUIDs, without a Python loop."""

import numpy as np
import numpy.typing as npt
import polars as pl

Bytes = npt.NDArray[np.uint8]

_DIGITS = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)


def hex_ids(rng: np.random.Generator, count: int, width: int) -> pl.Series:
    """Return `count` lower-case hexadecimal strings of an even `width`."""
    return _strings(_hex_digits(rng, count, width))


def uuids(rng: np.random.Generator, count: int) -> pl.Series:
    """Return `count` random UUIDs (version 4, variant 10) in their 36-character form."""
    digits = _hex_digits(rng, count, 32)
    digits[:, 12] = ord("4")
    digits[:, 16] = _DIGITS[8 + (digits[:, 16] & 3)]
    text = np.full((count, 36), ord("-"), dtype=np.uint8)
    for target, source, length in ((0, 0, 8), (9, 8, 4), (14, 12, 4), (19, 16, 4), (24, 20, 12)):
        text[:, target : target + length] = digits[:, source : source + length]
    return _strings(text)


def _hex_digits(rng: np.random.Generator, count: int, width: int) -> Bytes:
    raw = np.frombuffer(rng.bytes(count * width // 2), dtype=np.uint8).reshape(count, width // 2)
    digits = np.empty((count, width), dtype=np.uint8)
    digits[:, 0::2] = _DIGITS[raw >> 4]
    digits[:, 1::2] = _DIGITS[raw & 15]
    return digits


def _strings(text: Bytes) -> pl.Series:
    """View a matrix of ASCII codes as one string per row."""
    width = text.shape[1]
    return pl.Series(np.ascontiguousarray(text).view(f"S{width}").ravel()).cast(pl.String)
