"""What the command says of a decision."""

import pytest
from unit.decisions.samples import AS_OF, effect, listed

from readback.cli.recommend import _tell
from readback.contracts import Recommendation
from readback.contracts.vocabulary import EvidenceClass, RecommendationState
from readback.decisions.effects import Effects
from readback.decisions.submission import TRIAL_ONLY
from readback.decisions.substitute_rules import demote


def decided(state: RecommendationState, evidence_class: EvidenceClass) -> Recommendation:
    (found,) = demote([listed()], Effects([effect(dimension="model", member=listed().target)]), AS_OF)
    return found.model_copy(update={"state": state, "evidence_class": evidence_class, "decided_by": "board"})


@pytest.mark.parametrize(
    ("state", "evidence_class", "is_told"),
    [
        (RecommendationState.ACCEPTED, EvidenceClass.TRIAL, True),
        (RecommendationState.REJECTED, EvidenceClass.TRIAL, False),
        (RecommendationState.ACCEPTED, EvidenceClass.REPLAY, False),
    ],
)
def test_whoever_accepts_a_trial_is_told_that_it_is_one(
    state: RecommendationState, evidence_class: EvidenceClass, is_told: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    _tell(decided(state, evidence_class), as_json=False)
    assert (TRIAL_ONLY in capsys.readouterr().out.replace("\n", " ")) is is_told
