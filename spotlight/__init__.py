"""Spotlight: what LLM agents did, what it cost and why it failed.

model, errors, semconv, exact_json   words, errors, attribute names, values JSON carries exactly
dialects                             vocabularies of frameworks, as tables
messages                             content of every wire shape in one form
lake                                 Delta tables of Parquet files, read through DuckDB
assembly                             spans -> runs
reports                              questions about runs
settings, cli                        every knob, and the command line
"""
