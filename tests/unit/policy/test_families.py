"""The table of families: real names of models, as providers and gateways write them, each to its family."""

import pytest

from readback.policy.naming import FAMILIES, canonical_names, known_family, model_family, unknown_names

from .conftest import Build

NAMES = """
gpt-4o                                                   gpt-4o                        openai
gpt-4o-2024-11-20                                        gpt-4o                        openai
openai/gpt-4o-2024-05-13                                 gpt-4o                        openai
azure/gpt-4o-2024-08-06                                  gpt-4o                        openai
azureml://registries/azure-openai/models/gpt-4o/versions/2024-11-20  gpt-4o            openai
gpt-4o-mini                                              gpt-4o-mini                   openai
openai/gpt-4o-mini-2024-07-18                            gpt-4o-mini                   openai
openrouter/openai/gpt-4o-mini                            gpt-4o-mini                   openai
chatgpt-4o-latest                                        chatgpt-4o                    openai
gpt-35-turbo                                             gpt-3.5-turbo                 openai
azure/gpt-35-turbo-0125                                  gpt-3.5-turbo                 openai
gpt-3.5-turbo-1106                                       gpt-3.5-turbo                 openai
gpt-4-0613                                               gpt-4                         openai
gpt-4-32k-0314                                           gpt-4-32k                     openai
gpt-4-turbo-2024-04-09                                   gpt-4-turbo                   openai
gpt-4.1-2025-04-14                                       gpt-4.1                       openai
gpt-4.1-mini-2025-04-14                                  gpt-4.1-mini                  openai
gpt-4.1-nano-2025-04-14                                  gpt-4.1-nano                  openai
gpt-5-2025-08-07                                         gpt-5                         openai
gpt-5-mini-2025-08-07                                    gpt-5-mini                    openai
github_copilot/gpt-5                                     gpt-5                         openai
gpt-5-chat-latest                                        gpt-5-chat                    openai
databricks-gpt-5-1                                       gpt-5.1                       openai
o1-2024-12-17                                            o1                            openai
o1-mini-2024-09-12                                       o1-mini                       openai
o3-mini-2025-01-31                                       o3-mini                       openai
azure/o4-mini-2025-04-16                                 o4-mini                       openai
openai.gpt-oss-120b-1:0                                  gpt-oss-120b                  openai
groq/openai/gpt-oss-20b                                  gpt-oss-20b                   openai
text-embedding-3-small                                   text-embedding-3-small        openai
azure/text-embedding-ada-002                             text-embedding-ada-002        openai
claude-3-5-sonnet-20241022                               claude-3-5-sonnet             anthropic
anthropic/claude-3-5-sonnet-latest                       claude-3-5-sonnet             anthropic
anthropic.claude-3-5-sonnet-20241022-v2:0                claude-3-5-sonnet             anthropic
us.anthropic.claude-3-5-sonnet-20240620-v1:0             claude-3-5-sonnet             anthropic
bedrock/eu.anthropic.claude-3-7-sonnet-20250219-v1:0     claude-3-7-sonnet             anthropic
bedrock/us-east-1/anthropic.claude-v2:1                  claude-v2                     anthropic
bedrock/converse/us.anthropic.claude-sonnet-4-20250514-v1:0  claude-sonnet-4           anthropic
global.anthropic.claude-sonnet-4-5-20250929-v1:0         claude-sonnet-4-5             anthropic
jp.anthropic.claude-haiku-4-5-20251001-v1:0              claude-haiku-4-5              anthropic
us-gov.anthropic.claude-3-haiku-20240307-v1:0            claude-3-haiku                anthropic
arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0  claude-3-haiku  anthropic
arn:aws:bedrock:eu-west-1:1:inference-profile/eu.anthropic.claude-sonnet-4-20250514-v1:0  claude-sonnet-4  anthropic
claude-sonnet-4-5@20250929                               claude-sonnet-4-5             anthropic
vertex_ai/claude-3-5-sonnet-v2@20241022                  claude-3-5-sonnet             anthropic
publishers/anthropic/models/claude-opus-4-1@20250805     claude-opus-4-1               anthropic
projects/acme/locations/us-east5/publishers/anthropic/models/claude-sonnet-4@20250514  claude-sonnet-4  anthropic
openrouter/anthropic/claude-3.7-sonnet:thinking          claude-3-7-sonnet             anthropic
anthropic/claude-sonnet-4.5                              claude-sonnet-4-5             anthropic
databricks-claude-sonnet-4                               claude-sonnet-4               anthropic
databricks/databricks-claude-3-7-sonnet                  claude-3-7-sonnet             anthropic
claude-opus-4-5-20251101                                 claude-opus-4-5               anthropic
gemini/gemini-1.5-pro-002                                gemini-1.5-pro                google
gemini-1.5-flash-001                                     gemini-1.5-flash              google
models/gemini-2.0-flash                                  gemini-2.0-flash              google
publishers/google/models/gemini-2.0-flash-001            gemini-2.0-flash              google
projects/acme/locations/europe-west4/publishers/google/models/gemini-2.5-pro  gemini-2.5-pro  google
vertex_ai/gemini-2.5-flash                               gemini-2.5-flash              google
google/gemini-2.5-flash-lite                             gemini-2.5-flash-lite         google
gemini-1.5-flash-8b-latest                               gemini-1.5-flash-8b           google
text-embedding-005                                       text-embedding-005            google
amazon.nova-pro-v1:0                                     nova-pro                      amazon
us.amazon.nova-lite-v1:0                                 nova-lite                     amazon
apac.amazon.nova-micro-v1:0                              nova-micro                    amazon
amazon.titan-embed-text-v2:0                             titan-embed-text-v2           amazon
meta.llama3-1-70b-instruct-v1:0                          llama3-1-70b-instruct         meta
us.meta.llama3-3-70b-instruct-v1:0                       llama3-3-70b-instruct         meta
us.meta.llama4-maverick-17b-instruct-v1:0                llama4-maverick-17b-instruct  meta
groq/llama-3.3-70b-versatile                             llama-3.3-70b-versatile       meta
fireworks_ai/accounts/fireworks/models/llama-v3p1-70b-instruct  llama-v3p1-70b-instruct  meta
together_ai/meta-llama/Llama-3.3-70B-Instruct-Turbo      llama-3.3-70b-instruct-turbo  meta
workers-ai/@cf/meta/llama-3.1-8b-instruct                llama-3.1-8b-instruct         meta
databricks-meta-llama-3-3-70b-instruct                   meta-llama-3-3-70b-instruct   meta
meta-llama/llama-3.1-8b-instruct:free                    llama-3.1-8b-instruct         meta
ollama/llama3:70b                                        llama3:70b                    meta
mistral/mistral-large-2407                               mistral-large                 mistral
azure_ai/mistral-large-latest                            mistral-large                 mistral
mistral.mistral-large-2402-v1:0                          mistral-large                 mistral
mistral-small-latest                                     mistral-small                 mistral
ministral-8b-2410                                        ministral-8b                  mistral
codestral-2405                                           codestral                     mistral
cohere.command-r-plus-v1:0                               command-r-plus                cohere
command-r-08-2024                                        command-r-08-2024             cohere
deepseek/deepseek-chat                                   deepseek-chat                 deepseek
deepseek-ai/DeepSeek-V3                                  deepseek-v3                   deepseek
us.deepseek.r1-v1:0                                      deepseek-r1                   deepseek
openrouter/deepseek/deepseek-r1-0528                     deepseek-r1                   deepseek
xai/grok-4-0709                                          grok-4                        xai
x-ai/grok-3-mini                                         grok-3-mini                   xai
ai21.jamba-1-5-large-v1:0                                jamba-1-5-large               others
moonshotai/kimi-k2-0905                                  kimi-k2                       others
qwen.qwen3-coder-480b-a35b-v1:0                          qwen3-coder-480b-a35b         qwen
z-ai/glm-4.6                                             glm-4.6                       others
perplexity/sonar-pro                                     sonar-pro                     others
"""
CASES = [tuple(line.split()) for line in NAMES.strip().splitlines()]


@pytest.mark.parametrize(("name", "family", "provider"), CASES)
def test_name_is_of_its_family_and_provider(name: str, family: str, provider: str) -> None:
    found = known_family(name)
    assert found is not None
    assert (found.name, found.provider) == (family, provider)


def test_names_of_every_provider_are_tried() -> None:
    assert len(CASES) >= 80
    assert {provider for _, _, provider in CASES} == {family.provider for family in FAMILIES.values()}


@pytest.mark.parametrize("family", FAMILIES)
def test_family_of_the_table_is_its_own_family(family: str) -> None:
    assert model_family(family) == family


def test_a_snapshot_is_the_same_model_and_a_smaller_one_another() -> None:
    named = canonical_names(["gpt-4o", "gpt-4o-2024-11-20", "gpt-4o-mini"], ())
    assert named["gpt-4o"] == named["gpt-4o-2024-11-20"] != named["gpt-4o-mini"]


def test_tiers_tell_a_large_model_from_its_small_one() -> None:
    tiers = {name: family.tier for name in ("gpt-4o", "gpt-4o-mini", "o3") if (family := known_family(name))}
    assert tiers == {"gpt-4o": "large", "gpt-4o-mini": "small", "o3": "reasoning"}


@pytest.mark.parametrize("name", ["our-best", "prod-chat", "gpt-4o-mini-acme", "gpt-99", "ft:gpt-4o:acme::9", "None"])
def test_a_name_of_ones_own_is_unknown(name: str) -> None:
    assert known_family(name) is None
    assert unknown_names([name], ()) == [name]


def test_a_policy_makes_its_own_names_known(build: Build) -> None:
    policies = build()
    assert unknown_names(["claims-main", "prov-a/large-1", "claims-other", "gpt-4o"], policies) == ["claims-other"]
