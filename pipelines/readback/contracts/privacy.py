"""What must never be stored, as one list of patterns; Python and SQL (RE2) read the same one."""

import re
from collections.abc import Container

MESSAGE_LENGTH = 300


def _any_case(word: str) -> str:
    """A word in any case. Not `(?i)`: the two engines disagree on which letters outside ASCII are an `i`."""
    return "".join(f"[{letter}{letter.upper()}]" if letter.isalpha() else letter for letter in word)


_SPACE = " \u00a0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000"
"""Not `\\s`: Python and RE2 mean different characters by it. Control characters are spaces by then."""

_NAMES = ("api_key", "api-key", "apikey", "password", "passwd", "secret", "token", "authorization")
_NAMED = "|".join(map(_any_case, _NAMES))
_SCHEME = f"({_any_case('basic')}|{_any_case('bearer')}|{_any_case('digest')})"
_ISSUED = "sk|pk|rk|ghp|gho|ghs|ghu|github_pat|glpat|xox[abprs]|xapp|hf|gsk|pplx|sess"

SECRETS: tuple[tuple[str, str], ...] = (
    (r"[\x00-\x1f\x7f]+", " "),
    (rf"\b{_any_case('bearer')}[{_SPACE}]+[A-Za-z0-9._~+/=*-]{{6,}}", "<token>"),
    (rf"\b{_any_case('basic')}[{_SPACE}]+[A-Za-z0-9+/=]{{16,}}", "<token>"),
    (rf"\b({_ISSUED})[-_][A-Za-z0-9_*-]{{3,}}", "<key>"),
    (r"\b(AKIA|ASIA|AIza)[A-Za-z0-9_-]{12,}", "<key>"),
    (r"\beyJ[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]+){0,2}", "<token>"),
    (rf"://[^{_SPACE}/@]+@", "://<secret>@"),
    (rf"[^{_SPACE}\"'<>(){{}},;:=@]+@[^{_SPACE}\"'<>(){{}},;:=@]+\.[^{_SPACE}\"'<>(){{}},;:=@.]{{2,}}", "<e-mail>"),
    (
        rf"({_NAMED})([\"']?[{_SPACE}]*[:=][{_SPACE}]*[\"']?)({_SCHEME}[{_SPACE}]+)?[^{_SPACE}\"',}}]+",
        r"\1\2<secret>",
    ),
    (r"\b[A-Fa-f0-9]{40,}\b", "<hash>"),
)
"""Patterns in the common subset of Python's `re` and RE2, with their replacements, applied in order."""

_COMPILED = tuple((re.compile(pattern, re.ASCII), replacement) for pattern, replacement in SECRETS)


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
_DIGIT = re.compile(r"\d")


def skeleton(line: bytes, names: Container[str]) -> str:
    """The shape of a broken line: the keys among `names`, and punctuation; texts are cut to their length, digits to 0.

    A line that cannot be parsed cannot be trusted to keep prompts under their usual keys, so no value is kept, and
    no key that the format does not have: a card number, or the name of a customer, may be either.
    """
    text = line.decode("utf-8", errors="replace")
    kept: list[str] = []
    position = 0
    for match in _STRING.finditer(text):
        kept.append(_shape_of_words(text[position : match.start()]))
        is_key = text[match.end() : match.end() + 2].lstrip().startswith(":") and match[0].endswith('"')
        inner = match[0].strip('"')
        kept.append(f'"{inner}"' if is_key and inner in names else f'"<{len(inner)}>"')
        position = match.end()
    kept.append(_shape_of_words(text[position:]))
    return "".join(kept)[:_SKELETON_LENGTH]


def _shape_of_words(text: str) -> str:
    return _WORDS.sub(lambda word: word[0] if word[0] in _LITERALS else f"<{len(word[0])}>", _DIGIT.sub("0", text))
