"""Naming: one family for one model, and the policy's own word for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readback.policy.naming import bare_name, canonical_names, model_family

from .conftest import Build


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("GPT-4o", "gpt-4o"),
        ("openai/gpt-4o", "gpt-4o"),
        ("gpt-4o-2024-11-20", "gpt-4o"),
        ("openai/gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
        ("azure/gpt-35-turbo-0125", "gpt-3.5-turbo"),
        ("gpt-4-32k-0314", "gpt-4-32k"),
        ("gpt-4-1106-preview", "gpt-4-1106-preview"),
        ("gpt-4.1", "gpt-4.1"),
        ("o1-2024-12-17", "o1"),
        ("claude-3-5-haiku-20241022", "claude-3-5-haiku"),
        ("anthropic/claude-3-5-sonnet-latest", "claude-3-5-sonnet"),
        ("openrouter/anthropic/claude-3.5-sonnet:beta", "claude-3-5-sonnet"),
        ("claude-3-5-sonnet-v2@20241022", "claude-3-5-sonnet"),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", "claude-3-5-sonnet"),
        ("bedrock/us.anthropic.claude-3-5-sonnet-20240620-v1:0", "claude-3-5-sonnet"),
        ("global.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5"),
        ("jp.amazon.nova-pro-v1:0", "nova-pro"),
        ("apac.meta.llama3-1-70b-instruct-v1:0", "llama3-1-70b-instruct"),
        ("bedrock/us-east-1/anthropic.claude-v2:1", "claude-v2"),
        ("arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-20250514-v1:0",
         "claude-sonnet-4"),
        ("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0:200k", "claude-3-haiku"),
        ("mistral-large-2407", "mistral-large"),
        ("gemini/gemini-1.5-pro-002", "gemini-1.5-pro"),
        ("deepseek-v3", "deepseek-v3"),
        ("llama3:70b", "llama3:70b"),
        ("prov-a/large-1", "prov-a/large-1"),
        ("ft:gpt-4o-2024-08-06:acme::9", "ft:gpt-4o-2024-08-06:acme::9"),
        ("-latest", "-latest"),
    ],
)  # fmt: skip
def test_family_of_a_name(name: str, family: str) -> None:
    assert model_family(name) == family


@given(st.text(alphabet="gptaclude-4o:.@/v0129 ", min_size=1, max_size=40))
def test_family_of_a_family_is_itself(name: str) -> None:
    assert model_family(model_family(name)) == model_family(name)


def test_bare_name_keeps_the_snapshot() -> None:
    assert bare_name("azure/gpt-4o-2024-11-20") == "gpt-4o-2024-11-20"


def test_names_become_the_policys_ids(build: Build) -> None:
    policies = build(("id: prov-b/large-2", "id: openai/gpt-4o"), ("target: prov-b/large-2", "target: openai/gpt-4o"))
    names = ["claims-main", "gpt-4o-2024-11-20", "azure/gpt-4o", "gpt-4o-mini", "prov-a/large-1"]
    assert canonical_names(names, policies) == {
        "claims-main": "prov-a/large-1",
        "gpt-4o-2024-11-20": "openai/gpt-4o",
        "azure/gpt-4o": "openai/gpt-4o",
        "gpt-4o-mini": "gpt-4o-mini",
        "prov-a/large-1": "prov-a/large-1",
    }


def test_a_snapshot_that_the_policy_names_stays_apart(build: Build) -> None:
    policies = build(
        ("id: prov-a/large-1", "id: gpt-4o-2024-05-13"),
        ("id: prov-b/large-2", "id: gpt-4o-2024-11-20"),
    )
    found = canonical_names(["openai/gpt-4o-2024-11-20", "openai/gpt-4o-2024-05-13"], policies)
    assert list(found.values()) == ["gpt-4o-2024-11-20", "gpt-4o-2024-05-13"]


def test_without_a_policy_the_family_is_the_name() -> None:
    assert canonical_names(["openai/gpt-4o-2024-11-20"], ()) == {"openai/gpt-4o-2024-11-20": "gpt-4o"}
