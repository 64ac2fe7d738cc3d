"""Curated entries, their checks, the law library, and the answer for a question.

The running service imports ``knowledge.library`` alone, which needs no YAML: content files
are read by ``knowledge.build`` and ``knowledge.checks``.
"""
