"""The command line: one file per command, each calling the library and printing what it says.

Data goes to stdout, talk to stderr. Exit code 0 is success, 1 refused or failed, 2 wrong usage.
This is the only package that knows all others; it is where the parts are put together.
"""
