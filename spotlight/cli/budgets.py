"""Budgets in a YAML file: limits, each for some runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from spotlight.cli.narrowing import Narrowing
from spotlight.errors import SpotlightError

if TYPE_CHECKING:
    from spotlight.reports.limits import Limit

_HINT: Final = "docs/reports.md shows what a budget file may hold"
_MOST_BYTES: Final = 1_000_000
Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Limits(BaseModel):
    """What may be limited; None is not."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    max_cost_usd: Amount | None = None
    max_cost_per_run_usd: Amount | None = None
    max_failure_rate: Share | None = None
    max_p95_ms: Amount | None = None
    max_unpriced_share: Share | None = None
    min_score: dict[str, Annotated[float, Field(allow_inf_nan=False)]] = {}

    def listed(self) -> list[Limit]:
        """Return the limits that are set."""
        from spotlight.reports.limits import LIMITS, SCORE, Limit

        bounds = [(name, getattr(self, name)) for name in LIMITS]
        upper = [Limit(name, float(bound)) for name, bound in bounds if bound is not None]
        return [*upper, *(Limit(SCORE, bound, name) for name, bound in self.min_score.items())]


class Budget(Limits):
    """Limits of the runs that match; filters by the names of the options."""

    name: Annotated[str, Field(min_length=1)]
    pack: str | None = None
    version: str | None = None
    user: str | None = None
    session: str | None = None
    tenant: str | None = None
    env: str | None = None
    feature: str | None = None
    surface: str | None = None
    agent: str | None = None
    model: str | None = None
    status: list[str] = []
    since: str | None = None
    until: str | None = None

    @model_validator(mode="after")
    def _limits_something(self) -> Budget:
        if not self.listed():
            raise ValueError("no limit is set")
        return self

    def narrowing(self) -> Narrowing:
        """Return the filters as they would have been typed."""
        return Narrowing(
            pack_name=self.pack, pack_version=self.version, user_id=self.user, session_id=self.session,
            tenant_claimed=self.tenant, environment=self.env, feature=self.feature, surface=self.surface,
            agent_name=self.agent, model=self.model, status=tuple(self.status), since=self.since,
            until=self.until,
        )  # fmt: skip


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    budgets: Annotated[list[Budget], Field(min_length=1)]


def read_budgets(path: Path) -> list[Budget]:
    """Return the budgets of a file. Raises: SpotlightError naming the first entry that cannot be used."""
    if path.stat().st_size > _MOST_BYTES:
        raise SpotlightError(f"{path} is larger than {_MOST_BYTES:,} bytes", hint=_HINT)
    try:
        # Every scalar as it is written: version 1.10 is no number, and a day is no date.
        document = yaml.BaseLoader(path.read_text(encoding="utf-8")).get_single_data()
        return _File.model_validate(document).budgets
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        raise SpotlightError(f"{path} is no YAML: {exc}", hint=_HINT) from exc
    except ValidationError as exc:
        first = exc.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise SpotlightError(f"{path}: {place}: {first['msg']}", hint=_HINT) from exc
