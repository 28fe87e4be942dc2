"""What an agent does, told as OpenTelemetry spans by the program that runs it.

    processor    whose a span is, copied to the spans of every instrumentation
    open_spans   spans told while they are open, to watch a run
    identities   the same, said without a span; how context and baggage are checked and brought together
    runs         the work on one request; everything below is a step of it
    generations, tools, decisions, memories, checkpoints, approvals   steps with words of their own
    steps        any other step, and what all have in common
    scores       a judgement of a step

Every step is a context manager (`with`, `async with`) and a decorator of functions, coroutines and
generators. Nothing here raises into the program; what goes wrong is said once on the log `spotlight_sdk`.
"""

from __future__ import annotations

from spotlight_sdk.approvals import Approval, approval
from spotlight_sdk.checkpoints import Checkpoint, checkpoint
from spotlight_sdk.decisions import Decision, decision
from spotlight_sdk.generations import Generation, generation
from spotlight_sdk.identities import identity
from spotlight_sdk.memories import MemoryRead, MemoryWrite, memory_read, memory_write
from spotlight_sdk.open_spans import OpenSpanProcessor
from spotlight_sdk.processor import SpotlightSpanProcessor
from spotlight_sdk.runs import Run, run
from spotlight_sdk.scores import score
from spotlight_sdk.steps import Step, current_step, step
from spotlight_sdk.tools import Tool, tool
from spotlight_sdk.version import VERSION

__version__ = VERSION

__all__ = [
    "Approval",
    "Checkpoint",
    "Decision",
    "Generation",
    "MemoryRead",
    "MemoryWrite",
    "OpenSpanProcessor",
    "Run",
    "SpotlightSpanProcessor",
    "Step",
    "Tool",
    "__version__",
    "approval",
    "checkpoint",
    "current_step",
    "decision",
    "generation",
    "identity",
    "memory_read",
    "memory_write",
    "run",
    "score",
    "step",
    "tool",
]
