"""A checkpoint: state put down so that another worker can go on from it."""

from __future__ import annotations

from spotlight_sdk import keys
from spotlight_sdk.steps import Step


class Checkpoint(Step):
    """The writing of a checkpoint."""

    kind = "checkpoint"

    def status(self, status: str, *, id: str | None = None) -> None:
        """Say how the run stands at the checkpoint, and the id that its store gave it."""
        self._fact(keys.CHECKPOINT_STATUS, status)
        self._fact(keys.CHECKPOINT_ID, id)


def checkpoint(
    name: str,
    *,
    id: str | None = None,
    step: int | None = None,
    status: str | None = None,
    state: object = None,
    capture: bool | None = None,
) -> Checkpoint:
    """Return the writing of a checkpoint: around the write, or `.record()` for one just written.

    `step` is its number within the run, `status` how the run stands (running, waiting_for_tool,
    waiting_for_human, resumed, done), `state` what was put down.
    """
    made = Checkpoint(name, capture=capture)
    made._fact(keys.CHECKPOINT_NAME, name)
    made._fact(keys.CHECKPOINT_ID, id)
    made._fact(keys.CHECKPOINT_STEP, step)
    made._fact(keys.CHECKPOINT_STATUS, status)
    made._content(keys.CHECKPOINT_STATE, state)
    return made
