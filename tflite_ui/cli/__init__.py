"""The command line: what the pages do, for scripts and CI.

A heavy module is imported by the command that needs it, so that ``--help`` is there at once.
"""
