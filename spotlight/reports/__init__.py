"""Questions about runs: one SQL file per question, answered as Arrow tables or plain documents.

`open_lake` gives a `Reports` for one data folder and tenant; dashboards, the command line and
exports ask it and nothing below it.
"""

from spotlight.reports.filters import RunFilters
from spotlight.reports.questions import Reports, RunsSummary, open_lake
from spotlight.reports.sources import Source

__all__ = ["Reports", "RunFilters", "RunsSummary", "Source", "open_lake"]
