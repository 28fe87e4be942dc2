"""Case files: some runs as one zip that opens offline, loads back without loss and is sent on as OTLP.

selection   which rows belong to some runs or sessions
manifest    what a case file says of itself
writing     rows -> the zip, the same bytes for the same data
reading     the zip -> rows, checked as what it is: somebody else's file
redaction   secrets in rows -> marks, with a report
page        the HTML page in the zip
otlp        rows -> OTLP requests, as they were sent
"""

from spotlight.reports.case.reading import CaseFile, is_case, read_case
from spotlight.reports.case.selection import CaseRows, select_case
from spotlight.reports.case.writing import write_case

__all__ = ["CaseFile", "CaseRows", "is_case", "read_case", "select_case", "write_case"]
