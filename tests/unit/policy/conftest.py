"""One good policy document, and a way to change it: every test says only what differs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from readback.policy.loading import read_policies
from readback.policy.version import Policy

FILE = Path("policy.yaml")

GOOD = """\
apiVersion: readback.dev/v1
kind: FallbackPolicy
metadata:
  policy_id: claims
  version: 1
  status: active
  owner: {team: claims-platform, contact: "group:claims-oncall"}
  approved_by: "role:model-risk"
  approved_at: 2026-03-28T10:00:00Z
  effective_from: 2026-04-01T00:00:00Z
  effective_to: 2026-09-01T00:00:00Z
  supersedes: null
  review: {cadence: 90d, last_reviewed: 2026-03-28, next_due: 2026-06-26}
defaults:
  undeclared_workflow: hold
  marking: {required: true, label: "Produced with a substitute model", channels: [metadata, visible]}
models:
  - {id: prov-a/large-1, aliases: [claims-main], provider: prov-a, failure_domain: a-us, status: approved}
  - {id: prov-b/large-2, provider: prov-b, failure_domain: b-eu, status: approved, capabilities: [tools]}
lanes:
  - {id: desk, kind: manual}
  - {id: queue, kind: hold, max_wait: 4h, on_expiry: escalate}
workflow_classes:
  - id: letter
    stage: drafting
    risk: moderate
    match: {tags: {workflow: letter}, routes: [claims-main]}
    preferred: [claims-main]
    boundary: degrade
    substitutes:
      - {target: prov-b/large-2, target_kind: model, activation: automatic, approved_by: "role:model-risk",
         approved_at: 2026-03-20, expires: 2026-10-01, evidence: "eval:1", triggers: [throttled, outage],
         max_duration: 8h}
      - {target: desk, target_kind: manual, activation: on_approval, triggers: ["*"]}
    triggers:
      - {id: throttled, type: provider_throttled, when: {share_gte: 0.05, window: 5m, min_requests: 20}}
      - {id: outage, type: provider_error, when: {status_codes: ["5XX"]}}
      - {id: confidence, type: low_confidence, when: {below: 0.6, consecutive: 3}}
      - {id: switch, type: manual_switch}
    stop_conditions:
      - {id: no-pii, requires: "guardrail:pii", on_missing: pause}
      - {id: no-lookup, requires: "tool:lookup", on_missing: human_review}
    retries: {max_attempts: 2, on: [throttled]}
    continuity: {rto: 30m, impact_tolerance: {duration: 24h}}
    outcomes: {rework_window: 14d}
  - id: payment
    stage: execution
    risk: critical
    match: {tags: {workflow: payment}}
    preferred: [prov-a/large-1]
    boundary: pause
    substitutes: [{target: queue, target_kind: hold, activation: automatic, triggers: ["*"]}]
    stop_conditions: []
    continuity: {}
"""

Build = Callable[..., tuple[Policy, ...]]


def changed(*changes: tuple[str, str]) -> str:
    """The good document with each text, which must stand in it, replaced once."""
    text = GOOD
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def policies_of(*documents: str) -> tuple[Policy, ...]:
    """The policy versions of some documents."""
    return read_policies("---\n".join(documents).encode(), FILE)


@pytest.fixture
def build() -> Build:
    """The good policy with some texts replaced."""
    return lambda *changes: policies_of(changed(*changes))
