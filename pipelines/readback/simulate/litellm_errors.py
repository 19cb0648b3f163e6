"""How LiteLLM 1.106 words each cause: class, code, normalized error, message (from real records)."""

from dataclasses import dataclass

from readback.simulate.fleet import CAUSES, WORKFLOWS, model


@dataclass(frozen=True)
class Failure:
    """How LiteLLM 1.106 tells one cause; `provider` fills the braces of the message."""

    error_class: str
    code: str
    normalized: str
    message: str
    category: str = "null"


FAILURES = {
    "provider_outage": Failure(
        "ServiceUnavailableError",
        "503",
        "503_PROVIDER_OVERLOADED",
        "litellm.ServiceUnavailableError: ServiceUnavailableError: {}Exception - The engine is currently overloaded",
    ),
    "provider_throttled": Failure(
        "RateLimitError",
        "429",
        "429_RATE_LIMIT_EXCEEDED",
        "litellm.RateLimitError: RateLimitError: {}Exception - Rate limit reached"
        " on requests per min (RPM): Limit 500, Used 500",
        '"vendor_rate_limit"',
    ),
    "latency_breach": Failure(
        "Timeout",
        "408",
        "408_UPSTREAM_TIMEOUT",
        "litellm.Timeout: APITimeoutError - Request timed out. Error_str: Request timed out."
        " - timeout value=30.0, time taken=30.0 seconds",
    ),
    "admin_disabled": Failure(
        "APIError",
        "403",
        "403_PERMISSION_DENIED",
        "litellm.APIError: APIError: {}Exception - Project disabled by administrator",
    ),
    "context_window": Failure(
        "ContextWindowExceededError",
        "400",
        "400_CONTEXT_WINDOW_EXCEEDED",
        "litellm.ContextWindowExceededError: litellm.BadRequestError: ContextWindowExceededError:"
        " {}Exception - This model's maximum context length is 128000 tokens. However, your messages"
        " resulted in 130001 tokens.",
    ),
    "content_policy": Failure(
        "ContentPolicyViolationError",
        "content_policy_violation",
        "400_CONTENT_POLICY_VIOLATION",
        "litellm.ContentPolicyViolationError: litellm.BadRequestError: {}Exception - Your request was"
        " rejected as a result of our safety system. content_policy_violation",
    ),
    "unknown": Failure(
        "BadRequestError",
        "invalid_value",
        "400_INVALID_REQUEST",
        "litellm.BadRequestError: {}Exception - Invalid value for temperature",
    ),
}
NO_DEPLOYMENT = Failure(
    "RouterRateLimitError",
    "",
    "429_NO_HEALTHY_DEPLOYMENTS",
    "No deployments available for selected model, Try again in 60 seconds. All deployments for selected"
    " model are in cooldown. Passed model={0}. pre-call-checks=False, cooldown_list=['{0}-a', '{0}-b']",
)
BUDGET_SPENT = Failure(
    "ValueError",
    "",
    "429_BUDGET_EXCEEDED",
    "No deployments available - crossed budget: Exceeded budget for provider {}: 250.01 >= 250.0",
)


def failures_of(workflow: int) -> list[Failure]:
    """Return one failure per cause, then the one of a cooldown, with their messages filled in."""
    owner = WORKFLOWS[workflow]
    provider = model(owner.preferred).provider
    told = [_told(FAILURES.get(cause, BUDGET_SPENT), provider) for cause in CAUSES]
    return [*told, _told(NO_DEPLOYMENT, owner.route)]


def _told(failure: Failure, subject: str) -> Failure:
    brand = {"openai": "OpenAI", "anthropic": "Anthropic", "vertex_ai": "VertexAI"}.get(subject, subject)
    text = failure.message.format(subject if failure in (NO_DEPLOYMENT, BUDGET_SPENT) else brand)
    return Failure(failure.error_class, failure.code, failure.normalized, text, failure.category)
