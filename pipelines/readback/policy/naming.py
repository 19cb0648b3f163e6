"""One name for one model: what logs call it, less provider, region, deployment version and date of the snapshot.

The rules stand here; the words that they know, and the families with provider and tier, in `families.toml`.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from readback.policy.version import Policy

FAMILIES_FILE = Path(__file__).with_name("families.toml")
"""The table of families; what was built by another one is built again."""

_TABLE: dict[str, Any] = tomllib.loads(FAMILIES_FILE.read_text(encoding="utf-8"))
_PREFIXES = frozenset(_TABLE["prefixes"])
_BEGINNINGS = (
    re.compile(r"^(projects/[^/]+/)?(locations/[^/]+/)?publishers/[^/]+/models/(?=.)"),  # Vertex AI resource
    re.compile(r"^accounts/[^/]+/(models|routers)/(?=.)"),  # Fireworks
    re.compile(r"^@(cf|hf)/[^/]+/(?=.)"),  # Cloudflare Workers AI
    re.compile(r"^azureml://registries/[^/]+/models/(?=[^/]+/versions/)"),  # Azure model catalogue
    re.compile(
        r"^databricks-(?=(claude|gemini|gpt|llama|meta-llama|qwen)-?\d?)"
    ),  # Databricks' pay-per-token endpoints
    re.compile(r"^[a-z]{2}(-gov)?-[a-z]+-\d/(?=.)"),  # Bedrock region
    re.compile(rf"^({'|'.join(_TABLE['geographies'])})\.(?=[a-z0-9]+\.)"),  # Bedrock geography
    re.compile(rf"^({'|'.join(_TABLE['publishers'])})\.(?=[a-z])"),
)
_DAY = r"(0[1-9]|[12]\d|3[01])"
_MONTH = r"(0[1-9]|1[0-2])"
_ENDINGS = tuple(
    re.compile(f"^(?P<family>{stem})({ending})$")
    for stem, ending in (
        (".+", r":(free|nitro|floor|beta|extended|online|exacto|thinking)"),  # OpenRouter variant
        (".+", r"/versions/[^/]+"),  # Azure model catalogue
        (r"gpt-oss-\d+b", "-1"),  # Bedrock
        (".+?", r":\d+(:\d+k)?"),  # Bedrock revision, and its context window
        (".+", r"@(\d{8}|\d{3}|default|latest)"),  # Vertex AI snapshot
        (".+", "-latest"),
        (".+", rf"-20\d\d(-{_MONTH}-|{_MONTH}){_DAY}"),
        (".+", "-v1"),
        # claude-3-5-sonnet-v2 is one more deployment of the same model, but deepseek-v3 is a model of its own.
        (r".*\d.*", r"-v\d"),
        (r"(gpt-[34]|grok-\d|kimi-k|deepseek-r).*", f"-{_MONTH}{_DAY}"),
        (r"(mi|mini|code|pix|magi|dev)stral(-.+)?", rf"-2\d{_MONTH}"),
        (r"gemini-\d\.\d-.+", r"-00\d"),
    )
)
_SPELLINGS = (
    (re.compile(r"^gpt-35(?=-|$)"), "gpt-3.5"),  # Azure allows no dot
    (re.compile(r"^gpt-([45])-(?=\d(-|$))"), r"gpt-\1."),  # nor does Databricks
    (re.compile(r"^(claude-(?:[a-z]+-)?\d)\.(?=\d)"), r"\1-"),  # OpenRouter writes one
    (re.compile(r"^r1$"), "deepseek-r1"),  # Bedrock: the publisher stands before the dot
)


def model_family(name: str) -> str:
    """The canonical family of a model's name as logs write it; idempotent.

    >>> model_family("bedrock/us.anthropic.claude-3-5-sonnet-20241022-v2:0")
    'claude-3-5-sonnet'
    >>> model_family("openai/gpt-4o-mini-2024-07-18")
    'gpt-4o-mini'
    """
    family, before = name.strip().lower(), ""
    if family.startswith("ft:"):
        return family
    while family != before:
        before, family = family, _without_ending(bare_name(family))
    for written, spelling in _SPELLINGS:
        family = written.sub(spelling, family)
    return family


def bare_name(name: str) -> str:
    """A model's name without the provider, region and vendor before it; snapshots stay apart.

    >>> bare_name("azure/gpt-4o-2024-11-20")
    'gpt-4o-2024-11-20'
    """
    bare = name.strip().lower()
    if "arn:aws" in bare and not bare.endswith("/"):
        bare = bare.rpartition("/")[2]
    provider, _, rest = bare.partition("/")
    if provider in _PREFIXES and rest:
        return bare_name(rest)
    shorter = next((rule.sub("", bare) for rule in _BEGINNINGS if rule.match(bare)), bare)
    return bare if shorter == bare else bare_name(shorter)


@dataclass(frozen=True)
class Family:
    """A family that the table knows."""

    name: str
    provider: str
    tier: str


FAMILIES: Mapping[str, Family] = {
    name: Family(name, provider, tier)
    for provider, tiers in _TABLE["families"].items()
    for tier, names in tiers.items()
    for name in names
}
"""The models that readback knows, by canonical family."""


def known_family(name: str) -> Family | None:
    """The family that a name belongs to; None for a name that the table does not know.

    >>> known_family("us.anthropic.claude-3-5-haiku-20241022-v1:0").tier
    'small'
    """
    return FAMILIES.get(model_family(name))


def unknown_names(names: Iterable[str], policies: Iterable[Policy]) -> list[str]:
    """The names that neither a policy nor the table of families knows, in order."""
    lookups = _lookups(policies)
    return [name for name in dict.fromkeys(names) if known_family(name) is None and _named_by(name, lookups) is None]


def canonical_names(names: Iterable[str], policies: Iterable[Policy]) -> dict[str, str]:
    """Each name with the policy's id of that model, else with its family.

    A name is looked for as written, then without its provider, then by family; where versions of a policy
    disagree, the newest active one decides.
    """
    lookups = _lookups(policies)
    return {name: _canonical(name, lookups) for name in dict.fromkeys(names)}


_READINGS: tuple[Callable[[str], str], ...] = (str, bare_name, model_family)


def _lookups(policies: Iterable[Policy]) -> list[dict[str, str]]:
    newest = sorted(policies, key=lambda policy: (not policy.is_active, -policy.metadata.version))
    models = [model for policy in newest for model in policy.document.models]
    named = [(model.id, model.id) for model in models]
    named += [(alias, model.id) for model in models for alias in model.aliases]
    lookups: list[dict[str, str]] = [{} for _ in _READINGS]
    for read, lookup in zip(_READINGS, lookups, strict=True):
        for name, model_id in named:
            lookup.setdefault(read(name), model_id)
    return lookups


def _canonical(name: str, lookups: list[dict[str, str]]) -> str:
    return _named_by(name, lookups) or model_family(name)


def _named_by(name: str, lookups: list[dict[str, str]]) -> str | None:
    """The policy's id of a model; None where the policy does not know it."""
    readings = (lookup.get(read(name)) for read, lookup in zip(_READINGS, lookups, strict=True))
    return next((model_id for model_id in readings if model_id is not None), None)


def _without_ending(name: str) -> str:
    found = next((match for ending in _ENDINGS if (match := ending.match(name))), None)
    return found["family"] if found else name
