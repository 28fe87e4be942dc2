"""Code replay: an HTTP server that answers a user's own agent from a recording, and live after it.

The agent keeps its own loop and its own tools; only its model calls come here. Nothing of them but what is
asked goes further: the key that the agent sends is neither read nor kept nor passed on.

    reading    bodies of OpenAI's and Anthropic's APIs as canonical requests
    matching   which recorded call a request stands for, and in what it differs
    writing    answers as bodies of those APIs; streams makes events of the bodies
    refusals   what cannot be answered, in the form in which each API says errors
    live       models that are asked where the recording ends
    passed     a live answer while it comes; growing says it in the agent's words
    report     what was asked and how it was answered
    app        the routes; serving runs them
"""

from __future__ import annotations
