"""What must never be stored, as one list of patterns; Python and SQL (RE2) read the same one."""

import re

MESSAGE_LENGTH = 300

SECRETS: tuple[tuple[str, str], ...] = (
    (r"(?i)\bbearer\s+[a-z0-9._~+/=-]{6,}", "<token>"),
    (r"\b(sk|pk|rk|ghp|gho|xox[abp]|hf|gsk|pplx)[-_][A-Za-z0-9_*-]{3,}", "<key>"),
    (r"\b(AKIA|ASIA|AIza)[A-Za-z0-9_-]{12,}", "<key>"),
    (r"\beyJ[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]+){0,2}", "<token>"),
    (r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}", "<e-mail>"),
    (r"(?i)(api[_-]?key|password|secret|authorization)([\"']?\s*[:=]\s*[\"']?)[^\s\"',}]+", r"\1\2<secret>"),
    (r"\b[A-Fa-f0-9]{40,}\b", "<hash>"),
    (r"[\x00-\x1f\x7f]+", " "),
)
"""Patterns in the common subset of Python's `re` and RE2, with their replacements, applied in order."""

_COMPILED = tuple((re.compile(pattern), replacement) for pattern, replacement in SECRETS)


def scrub(text: str) -> str:
    """A message without keys, tokens, e-mail addresses and control characters."""
    for pattern, replacement in _COMPILED:
        text = pattern.sub(replacement, text)
    return text[:MESSAGE_LENGTH]


def scrub_macro() -> str:
    """The same function as a DuckDB macro `scrub(message)`."""
    expression = "message"
    for pattern, replacement in SECRETS:
        escaped = pattern.replace("'", "''")
        expression = f"regexp_replace({expression}, '{escaped}', '{replacement}', 'g')"
    return f"create or replace temp macro scrub(message) as left({expression}, {MESSAGE_LENGTH})"


_STRING = re.compile(r'"(?:[^"\\]|\\.)*(?:"|$)', re.DOTALL)
_WORDS = re.compile(r"[^\s\d\[\]{}:,.+\-]+")
_LITERALS = frozenset({"true", "false", "null", "NaN", "Infinity"})
_SKELETON_LENGTH = 500
_NAME = re.compile(r"[A-Za-z_][\w.\-]{0,59}")


def skeleton(line: bytes) -> str:
    """The shape of a broken line: names of keys, numbers and punctuation; every text value is cut to its length.

    A line that cannot be parsed cannot be trusted to keep prompts under their usual keys, so no value is kept.
    """
    text = line.decode("utf-8", errors="replace")
    kept: list[str] = []
    position = 0
    for match in _STRING.finditer(text):
        kept.append(_shape_of_words(text[position : match.start()]))
        is_key = text[match.end() : match.end() + 2].lstrip().startswith(":") and match[0].endswith('"')
        inner = match[0].strip('"')
        kept.append(f'"{inner}"' if is_key and _NAME.fullmatch(inner) else f'"<{len(inner)}>"')
        position = match.end()
    kept.append(_shape_of_words(text[position:]))
    return "".join(kept)[:_SKELETON_LENGTH]


def _shape_of_words(text: str) -> str:
    return _WORDS.sub(lambda word: word[0] if word[0] in _LITERALS else f"<{len(word[0])}>", text)
