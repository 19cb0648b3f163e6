"""STEP of people: what they decide of recommendations and alerts, written by the one writer and published at once.

The commands and the forms of the dashboard call these same methods; the rules lie in `decisions`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from readback import alerting, decisions, pipeline
from readback.contracts import Alert, Recommendation, Silence
from readback.settings import Project


@dataclass(frozen=True)
class Writer:
    """What is decided in a project at a moment; `who` is a role or group, never a person's name.

    Every method raises `NotPublished` before the first run, and `ProjectBusy` where another process goes on writing;
    then nothing was changed.
    """

    project: Project
    now: datetime
    tries: int = alerting.TRIES

    def accept(self, recommendation_id: str, who: str, reason: str | None) -> Recommendation:
        """Somebody means to make the change; errors as in `decisions.accept`."""
        with alerting.changed(self.project, self.now, self.tries) as con:
            return decisions.accept(con, recommendation_id, who, reason, self.now)

    def reject(self, recommendation_id: str, who: str, reason: str) -> Recommendation:
        """Somebody decided against the change; errors as in `decisions.reject`."""
        with alerting.changed(self.project, self.now, self.tries) as con:
            return decisions.reject(con, recommendation_id, who, reason, self.now)

    def acknowledge(self, alert_id: str, who: str) -> Alert:
        """Somebody took an open alert; errors as in `decisions.acknowledge`."""
        with alerting.changed(self.project, self.now, self.tries) as con:
            return decisions.acknowledge(con, alert_id, who, self.project.settings)

    def resolve(self, alert_id: str, who: str) -> Alert:
        """Somebody settled an alert at the newest record; errors as in `decisions.resolve`."""
        with alerting.changed(self.project, self.now, self.tries) as con:
            return decisions.resolve(con, alert_id, pipeline.moment(con), who, self.project.settings)

    def silence(self, rule: str, workflow: str, owner: str, reason: str, length: timedelta) -> Silence:
        """Hold back what a rule says of a workflow from the newest record on; errors as in `decisions.silence`."""
        with alerting.changed(self.project, self.now, self.tries) as con:
            start = pipeline.moment(con)
            return decisions.silence(con, rule, workflow, owner, reason, start, start + length)

    def lift(self, silence_id: str) -> Silence:
        """End a silence at the newest record; errors as in `decisions.lift`."""
        with alerting.changed(self.project, self.now, self.tries) as con:
            return decisions.lift(con, silence_id, pipeline.moment(con))
