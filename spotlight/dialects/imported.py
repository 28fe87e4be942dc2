"""What `spotlight load` makes of other products' files: OTel GenAI words, and a few of ours.

Importers write gen_ai.* and spotlight.* keys; what they cannot map stands under `import.`.
"""

from __future__ import annotations

from typing import Final

from spotlight import semconv as sc
from spotlight.dialects.table import Dialect

DIALECT: Final = Dialect(
    name="imported",
    scopes=(sc.SPOTLIGHT_IMPORT,),
    usage_basis="inclusive",
    extends=("otel_genai",),
    fields={
        "request_id": ("spotlight.request.id",),
        "input_value": (sc.INPUT_VALUE,),
        "output_value": (sc.OUTPUT_VALUE,),
    },
    # Trajectories have no status: a tool's own words are all that says it failed.
    failed_results=(r"^Error: ",),
)
