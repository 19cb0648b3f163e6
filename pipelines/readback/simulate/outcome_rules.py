"""What happens to runs afterwards, as known rates: base, effect of a fallback, delay, cost and who is watching."""

from dataclasses import dataclass

HOUR_S = 3600
DAY_S = 24 * HOUR_S
METRICS = ("override", "rework", "downstream_error")
WINDOW_S = {"override": 7 * DAY_S, "rework": 14 * DAY_S, "downstream_error": 30 * DAY_S}
KIND_OF = {"override": "review_decision", "rework": "rework", "downstream_error": "downstream_error"}
# A review and what follows it fit together into the attribution window, whichever of both starts the clock.
DELAY_S = {
    "override": (6 * HOUR_S, 48 * HOUR_S),
    "rework": (60 * HOUR_S, 11 * DAY_S),
    "downstream_error": (120 * HOUR_S, 26 * DAY_S),
}


@dataclass(frozen=True)
class Watcher:
    """A system that writes outcomes, its file, and what it is able to see."""

    name: str
    file: str
    join_key: str
    covered_from: float = 0.0
    sample_rate: float = 1.0


WATCHERS = {
    watcher.name: watcher
    for watcher in (
        Watcher("reviews", "outcomes/reviews.jsonl", "run_id"),
        Watcher("letters", "outcomes/letters.jsonl.zst", "provider_response_id"),
        Watcher("qa-sample", "outcomes/qa-sample.jsonl", "request_id", sample_rate=0.25),
        Watcher("git", "outcomes/git.jsonl.gz", "run_id"),
        Watcher("tickets", "outcomes/tickets.jsonl", "request_id"),
        Watcher("losses", "outcomes/losses.csv", "run_id", covered_from=0.3),
        Watcher("complaints", "outcomes/complaints.jsonl", "run_id"),
    )
}


@dataclass(frozen=True)
class Rule:
    """One outcome process; `risk_difference` is added to `base` when any request of the run was a fallback."""

    workflow: str
    metric: str
    watcher: str | None
    base: float
    risk_difference: float
    review_share: float | None = None
    mean_cost_usd: float | None = None


RULES = (
    Rule("support-reply", "override", "reviews", 0.12, 0.10, review_share=0.15),
    Rule("support-reply", "rework", "tickets", 0.06, 0.05),
    Rule("support-reply", "downstream_error", "complaints", 0.010, 0.012, mean_cost_usd=40.0),
    Rule("kb-answer", "override", "qa-sample", 0.08, 0.06, review_share=1.0),
    Rule("kb-answer", "rework", "tickets", 0.04, 0.03),
    Rule("kb-answer", "downstream_error", None, 0.004, 0.004, mean_cost_usd=15.0),
    Rule("claim-letter", "override", "letters", 0.18, 0.12, review_share=0.5),
    Rule("claim-letter", "rework", "tickets", 0.08, 0.07),
    Rule("claim-letter", "downstream_error", "complaints", 0.015, 0.010, mean_cost_usd=90.0),
    Rule("claim-payment", "override", "reviews", 0.05, 0.06, review_share=0.5),
    Rule("claim-payment", "rework", "tickets", 0.02, 0.03),
    Rule("claim-payment", "downstream_error", "losses", 0.010, 0.030, mean_cost_usd=400.0),
    Rule("refund-decision", "override", "reviews", 0.10, 0.09, review_share=0.6),
    Rule("refund-decision", "rework", "tickets", 0.05, 0.04),
    Rule("refund-decision", "downstream_error", "losses", 0.012, 0.020, mean_cost_usd=150.0),
    Rule("contract-summary", "override", None, 0.15, 0.08, review_share=0.5),
    Rule("contract-summary", "rework", None, 0.07, 0.04),
    Rule("contract-summary", "downstream_error", None, 0.010, 0.010, mean_cost_usd=200.0),
    Rule("code-fix", "override", "git", 0.22, 0.14, review_share=0.9),
    Rule("code-fix", "rework", "git", 0.07, 0.06),
    Rule("code-fix", "downstream_error", "complaints", 0.020, 0.020, mean_cost_usd=300.0),
    Rule("invoice-coding", "override", "reviews", 0.09, 0.08, review_share=0.4),
    Rule("invoice-coding", "rework", "tickets", 0.05, 0.05),
    Rule("invoice-coding", "downstream_error", "losses", 0.008, 0.010, mean_cost_usd=60.0),
)
RULE_OF = {(rule.workflow, rule.metric): rule for rule in RULES}
