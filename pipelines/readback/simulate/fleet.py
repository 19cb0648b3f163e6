"""Who is simulated: the models, the workflows and what policy says of them. No time, no randomness."""

from dataclasses import dataclass, field

CAUSES = (
    "provider_outage",
    "provider_throttled",
    "latency_breach",
    "admin_disabled",
    "cost_ceiling",
    "context_window",
    "content_policy",
    "low_confidence",
    "unknown",
)


@dataclass(frozen=True)
class Model:
    """One model of one provider; prices in USD per million tokens, latency as a median in seconds."""

    model_id: str
    provider: str
    group: str
    input_usd: float
    output_usd: float
    latency_s: float
    names: tuple[str, ...] = ()
    failure_domain: str | None = None

    @property
    def name(self) -> str:
        """The model's name without the provider's prefix."""
        return self.model_id.split("/", 1)[1]


@dataclass(frozen=True)
class Substitute:
    """A model that policy approves for a workflow, for the causes named."""

    model_id: str
    causes: tuple[str, ...]
    expires_at_fraction: float | None = None


@dataclass(frozen=True)
class Workflow:
    """One workflow; shares are fractions of its requests, `share` of all the fleet's requests."""

    name: str
    source: str
    team: str
    stage: str
    risk: str
    boundary: str
    share: float
    preferred: str
    route: str
    substitutes: tuple[Substitute, ...]
    unapproved: str | None = None
    unapproved_share: float = 0.0
    failed_share_in_outage: float = 0.04
    stream_share: float = 0.0
    cache_share: float = 0.0
    requests_per_run: int = 1
    guardrail: str | None = None
    unguarded_share: float = 0.0
    blip_causes: tuple[str, ...] = ()
    tokens: tuple[int, int] = field(default=(900, 220))


ALL_FAILURES = ("provider_outage", "provider_throttled", "latency_breach")

MODELS = (
    Model("openai/gpt-4o", "openai", "sub-gpt-4o", 2.5, 10.0, 1.4),
    Model("openai/gpt-4.1", "openai", "sub-gpt-4-1", 2.0, 8.0, 1.8, ("gpt-4.1",)),
    Model("openai/gpt-4o-mini", "openai", "sub-gpt-4o-mini", 0.15, 0.6, 0.8),
    Model("openai/gpt-4.1-mini", "openai", "sub-gpt-4-1-mini", 0.4, 1.6, 0.8, ("gpt-4.1-mini",)),
    Model(
        "anthropic/claude-sonnet-4-5",
        "anthropic",
        "sub-claude-sonnet",
        3.0,
        15.0,
        2.0,
        ("claude-sonnet-4-5",),
    ),
    Model("anthropic/claude-opus-4-1", "anthropic", "sub-claude-opus", 15.0, 75.0, 3.2),
    Model("vertex_ai/gemini-2.5-pro", "vertex_ai", "sub-gemini-pro", 1.25, 10.0, 2.4),
    Model("mistral/mistral-large-2411", "mistral", "sub-mistral-large", 2.0, 6.0, 1.6),
    Model("mistral/mistral-small-2506", "mistral", "sub-mistral-small", 0.1, 0.3, 0.6),
    Model(
        "bedrock/anthropic.claude-3-7-sonnet",
        "bedrock",
        "sub-bedrock-claude",
        3.0,
        15.0,
        2.2,
        ("us.anthropic.claude-3-7-sonnet-20250219-v1:0",),
    ),
    Model(
        "bedrock/amazon.nova-pro",
        "bedrock",
        "sub-nova-pro",
        0.8,
        3.2,
        1.1,
        ("us.amazon.nova-pro-v1:0",),
        "bedrock-amazon",
    ),
)

WORKFLOWS = (
    Workflow(
        name="support-reply",
        source="litellm",
        team="support",
        stage="drafting",
        risk="moderate",
        boundary="degrade",
        share=0.30,
        preferred="openai/gpt-4o",
        route="support-chat",
        substitutes=(
            Substitute("anthropic/claude-sonnet-4-5", ("provider_outage", "latency_breach")),
            Substitute("openai/gpt-4o-mini", ("provider_throttled",), expires_at_fraction=0.6),
        ),
        stream_share=0.3,
        cache_share=0.02,
        blip_causes=("context_window", "content_policy"),
    ),
    Workflow(
        name="kb-answer",
        source="litellm",
        team="support",
        stage="drafting",
        risk="low",
        boundary="degrade",
        share=0.16,
        preferred="mistral/mistral-small-2506",
        route="kb-small",
        substitutes=(Substitute("openai/gpt-4o-mini", ("cost_ceiling",)),),
        cache_share=0.08,
        tokens=(1400, 160),
    ),
    Workflow(
        name="claim-letter",
        source="litellm",
        team="claims",
        stage="drafting",
        risk="moderate",
        boundary="degrade",
        share=0.16,
        preferred="anthropic/claude-sonnet-4-5",
        route="claims-main",
        substitutes=(Substitute("mistral/mistral-large-2411", ALL_FAILURES),),
        blip_causes=("context_window",),
        tokens=(1800, 500),
    ),
    Workflow(
        name="claim-payment",
        source="litellm",
        team="claims",
        stage="execution",
        risk="critical",
        boundary="pause",
        share=0.08,
        preferred="openai/gpt-4.1",
        route="payments-main",
        substitutes=(Substitute("anthropic/claude-opus-4-1", ALL_FAILURES),),
        unapproved="openai/gpt-4o-mini",
        unapproved_share=0.2,
        failed_share_in_outage=0.3,
        guardrail="pii",
        tokens=(700, 90),
    ),
    Workflow(
        name="refund-decision",
        source="litellm",
        team="payments",
        stage="decision",
        risk="high",
        boundary="human_review",
        share=0.08,
        preferred="openai/gpt-4.1",
        route="refunds-main",
        substitutes=(Substitute("anthropic/claude-sonnet-4-5", ALL_FAILURES),),
        unapproved="openai/gpt-4o-mini",
        unapproved_share=0.15,
        guardrail="pii",
        unguarded_share=0.1,
        tokens=(800, 120),
    ),
    Workflow(
        name="contract-summary",
        source="litellm",
        team="legal",
        stage="drafting",
        risk="moderate",
        boundary="degrade",
        share=0.05,
        preferred="vertex_ai/gemini-2.5-pro",
        route="contracts-main",
        substitutes=(Substitute("openai/gpt-4o", (*ALL_FAILURES, "admin_disabled")),),
        tokens=(6000, 700),
    ),
    Workflow(
        name="code-fix",
        source="otlp",
        team="platform",
        stage="execution",
        risk="moderate",
        boundary="human_review",
        share=0.10,
        preferred="openai/gpt-4.1",
        route="gpt-4.1",
        substitutes=(Substitute("anthropic/claude-sonnet-4-5", (*ALL_FAILURES, "low_confidence")),),
        unapproved="openai/gpt-4.1-mini",
        requests_per_run=2,
        blip_causes=("low_confidence", "unknown"),
        tokens=(3200, 900),
    ),
    Workflow(
        name="invoice-coding",
        source="bedrock",
        team="finance",
        stage="decision",
        risk="moderate",
        boundary="human_review",
        share=0.07,
        preferred="bedrock/anthropic.claude-3-7-sonnet",
        route="us.anthropic.claude-3-7-sonnet-20250219-v1:0",
        substitutes=(Substitute("bedrock/amazon.nova-pro", ALL_FAILURES),),
        tokens=(1100, 140),
    ),
)

WORKFLOW_INDEX = {workflow.name: index for index, workflow in enumerate(WORKFLOWS)}
MODEL_INDEX = {model.model_id: index for index, model in enumerate(MODELS)}
CAUSE_INDEX = {cause: index for index, cause in enumerate(CAUSES)}


def model(model_id: str) -> Model:
    """Return the model of this policy id."""
    return MODELS[MODEL_INDEX[model_id]]


def preferred_provider(workflow: Workflow) -> str:
    """Return the provider of the workflow's preferred model."""
    return model(workflow.preferred).provider


def approved_for(workflow: Workflow, cause: str) -> Substitute:
    """Return the first substitute approved for the cause, else the first one (a trigger breach)."""
    fits = [sub for sub in workflow.substitutes if cause in sub.causes]
    return fits[0] if fits else workflow.substitutes[0]


def is_trigger_allowed(workflow: Workflow, cause: str) -> bool:
    """Say whether any substitute of the workflow declares the cause."""
    return any(cause in sub.causes for sub in workflow.substitutes)
