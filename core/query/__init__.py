"""The search line: text to terms and filters, filters to SQL, suggestions while typing. Its manual: docs/search.md."""

from __future__ import annotations

from core.query.completion import Suggestion, complete
from core.query.filters import compile_filters, register_functions, wants_hidden
from core.query.parser import parse
from core.query.query import Filter, Query, Term

__all__ = [
    "Filter",
    "Query",
    "Suggestion",
    "Term",
    "compile_filters",
    "complete",
    "parse",
    "register_functions",
    "wants_hidden",
]
