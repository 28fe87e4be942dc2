"""Assembly: from spans to runs.

`link` says how the spans of some traces hang together (parents, roots, depth), `usage` which
reported tokens count, `outcome` how a run ended, `identity` whose it was; `runs.assemble` puts
them together, `accounts` says what the steps were, took and cost, `run_usage` adds them up. All of
it is vectorised over many traces at once, and pure: rows in, rows out.
"""

from spotlight.assembly.accounts import Accounts, accounts
from spotlight.assembly.run_usage import usage_rows
from spotlight.assembly.runs import ASSEMBLY_COLUMNS, Assembly, assemble

__all__ = ["ASSEMBLY_COLUMNS", "Accounts", "Assembly", "accounts", "assemble", "usage_rows"]
