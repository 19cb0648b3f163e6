"""Spans that let readback see fallback, workflow, lane and marking. Copy it into the application and keep what fits.

Run as it stands it makes four requests of a made-up service, and writes their spans to the file that it is given:
`python opentelemetry_spans.py spans.jsonl`. It needs opentelemetry-sdk and opentelemetry-exporter-otlp-json-file.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.json.file.trace_exporter import FileSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

tracer = trace.get_tracer("claim-letters")

MODELS = [("openai", "gpt-4.1"), ("anthropic", "claude-sonnet-4")]
"""The preferred model, and what may stand in for it."""


class ProviderError(Exception):
    """What a provider's SDK raises: most carry these three."""

    def __init__(self, status_code: int, code: str, request_id: str) -> None:
        super().__init__(code)
        self.status_code, self.code, self.request_id = status_code, code, request_id


@contextmanager
def request(workflow: str, run: str) -> Iterator[None]:
    """One logical call: the parent of all its attempts, and the place of what names its work."""
    with tracer.start_as_current_span(workflow) as span:
        span.set_attribute("gen_ai.workflow.name", workflow)
        span.set_attribute("readback.run.id", run)
        yield


@contextmanager
def attempt(provider: str, model: str, is_substitute: bool) -> Iterator[trace.Span]:
    """One call of one model: a sibling of the other attempts, whether it answers or not."""
    with tracer.start_as_current_span(f"chat {model}", kind=trace.SpanKind.CLIENT, record_exception=False) as span:
        span.set_attribute("gen_ai.operation.name", "chat")
        span.set_attribute("gen_ai.provider.name", provider)
        span.set_attribute("gen_ai.request.model", model)
        span.set_attribute("readback.marked", is_substitute)  # the output says that a substitute wrote it
        try:
            yield span
        except ProviderError as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_attribute("http.response.status_code", error.status_code)
            span.set_attribute("readback.error_code", error.code)
            span.set_attribute("readback.provider_request_id", error.request_id)
            raise


def hand_over(lane: str) -> None:
    """No model answers: a person does ("manual"), or the work waits ("hold")."""
    with tracer.start_as_current_span(lane) as span:
        span.set_attribute("readback.lane", lane)


def write_letter(run: str, call: Callable[[str], dict[str, str]]) -> None:
    """Ask the models in order, and a person where none answers."""
    with request("claim-letter", run):
        for place, (provider, model) in enumerate(MODELS):
            try:
                with attempt(provider, model, is_substitute=place > 0) as span:
                    answer = call(model)
                    span.set_attribute("gen_ai.response.model", answer["model"])
                    span.set_attribute("gen_ai.response.id", answer["id"])
                    is_doubtful = "doubt" in answer
                    if is_doubtful:
                        span.set_attribute("readback.confidence", 0.31)
                        span.set_attribute("readback.stated_cause", "low_confidence")
            except ProviderError:
                continue
            if not is_doubtful:
                return
        hand_over("manual")


def service(failing: dict[str, str]) -> Callable[[str], dict[str, str]]:
    """Stand in for the providers: say of a model that it fails, or that its answer is doubtful."""

    def call(model: str) -> dict[str, str]:
        fault = failing.get(model)
        if fault in ("rate_limit_exceeded", "insufficient_quota"):
            raise ProviderError(429, fault, f"req-{model}")
        return {"model": f"{model}-2026-01-01", "id": f"resp-{model}"} | ({"doubt": fault} if fault else {})

    return call


if __name__ == "__main__":
    resource = Resource.create(
        {"service.name": "claim-letters", "deployment.environment.name": "prod", "team": "claims"}
    )
    spans = TracerProvider(resource=resource)
    spans.add_span_processor(BatchSpanProcessor(FileSpanExporter(sys.argv[1])))
    trace.set_tracer_provider(spans)
    write_letter("CL-1", service({}))
    write_letter("CL-2", service({"gpt-4.1": "insufficient_quota"}))
    write_letter("CL-3", service({"gpt-4.1": "doubtful"}))
    write_letter("CL-4", service({"gpt-4.1": "rate_limit_exceeded", "claude-sonnet-4": "rate_limit_exceeded"}))
    spans.shutdown()
