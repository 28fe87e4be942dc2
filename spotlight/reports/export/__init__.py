"""Reports that leave Spotlight: as rows for programs, or as a page that opens anywhere.

section   what a report is made of: tables with their question, chart, notes and count
figures   how a value is written for people, by the unit in its column's name
tables    JSON, CSV and Parquet
charts    SVG from plain rows
page      one HTML file that needs nothing else
subjects  which questions make up which report
"""

from spotlight.reports.export.page import html_page
from spotlight.reports.export.section import Chart, Report, Section
from spotlight.reports.export.tables import write_csv, write_json, write_parquet

__all__ = ["Chart", "Report", "Section", "html_page", "write_csv", "write_json", "write_parquet"]
