"""The search line: text to terms and filters, filters to SQL, suggestions while typing. Its manual: docs/search.md."""

from __future__ import annotations

from core.query.completion import Suggestion, complete
from core.query.dates import NAMED_DATES
from core.query.filters import compile_filters, wants_hidden
from core.query.folding import register_functions
from core.query.parser import parse
from core.query.query import Comparison, Filter, Query, Term
from core.query.vocabulary import FILTERS, Key

__all__ = [
    "FILTERS",
    "NAMED_DATES",
    "Comparison",
    "Filter",
    "Key",
    "Query",
    "Suggestion",
    "Term",
    "compile_filters",
    "complete",
    "parse",
    "register_functions",
    "wants_hidden",
]
