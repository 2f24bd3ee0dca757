"""The filters that look at tags: `class:`, `color:`, `tag:`, `is:unsure`, `is:unknown`, `conf:`. The user's labels win.

The table `answering` says which tagger speaks for a head.
"""

from __future__ import annotations

import re

from core.query.confidence import bounds_of
from core.query.folding import fold_tag
from core.query.query import Filter
from core.tags.values import ATTRIBUTES, CLASS

HEADS_WITH_A_FILTER = (CLASS, *ATTRIBUTES)

_WILDCARDS = re.compile(r"[*?]")

# Few values are known and many photos carry them: what is asked for is looked for among the values, once each.
_LABELS = """SELECT l.photo_id FROM labels l WHERE (l.head, l.value) IN (
    SELECT known.head, known.value FROM (SELECT DISTINCT head, value FROM labels) AS known WHERE {which})"""
_PREDICTIONS = """SELECT r.photo_id FROM (
        SELECT a.tagger_id, a.head, v.value
        FROM answering a CROSS JOIN taggers t ON t.id = a.tagger_id, json_each(t.heads) h, json_each(h.value) v
        WHERE h.key = a.head
    ) AS known CROSS JOIN predictions r
        ON r.tagger_id = known.tagger_id AND r.head = known.head AND r.label = known.value
    WHERE {which} AND {sure}
        AND NOT EXISTS (SELECT 1 FROM labels l WHERE l.photo_id = r.photo_id AND l.head = r.head)"""

_LIVE_CLASS = f"""SELECT r.photo_id FROM answering a CROSS JOIN predictions r
    ON r.tagger_id = a.tagger_id AND r.head = a.head WHERE a.head = '{CLASS}' AND"""

IS = {
    "unsure": f"""p.id IN ({_LIVE_CLASS} r.sure = 0 AND r.unknown = 0)
        AND NOT EXISTS (SELECT 1 FROM labels l WHERE l.photo_id = p.id AND l.head = '{CLASS}')""",
    "unknown": f"""p.id IN ({_LIVE_CLASS} r.unknown = 1)
        AND NOT EXISTS (SELECT 1 FROM labels l WHERE l.photo_id = p.id AND l.head = '{CLASS}')""",
    "corrected": """p.id IN (SELECT l.photo_id FROM labels l
        JOIN answering a ON a.head = l.head
        JOIN predictions r ON r.photo_id = l.photo_id AND r.tagger_id = a.tagger_id AND r.head = l.head
        WHERE r.label != l.value AND r.unknown = 0)""",
    "labelled": "EXISTS (SELECT 1 FROM labels l WHERE l.photo_id = p.id)",
}


def tells_how_sure(each: Filter) -> bool:
    """Whether a filter says itself how sure a prediction has to be; the others then take unsure ones too."""
    return each.key == "conf" or (each.key == "is" and each.value in ("unsure", "unknown") and not each.negated)


def asks_for_unknown(each: Filter) -> bool:
    return each.key == "is" and each.value == "unknown" and not each.negated


def carries(each: Filter, *, unsure: bool, unknown: bool = False) -> tuple[str, list[object]]:
    """Photos that carry a value: by the user's label, or by a prediction.

    Args:
        unsure: A prediction below its threshold counts too.
        unknown: The nearest class of an unknown photo counts too.
    """
    head, value = _head_and_value(each)
    which, parameters = _which(head, value)
    sure = "1" if unknown else "r.unknown = 0" if unsure else "r.sure = 1"
    labels, predictions = _LABELS.format(which=which), _PREDICTIONS.format(which=which, sure=sure)
    return f"p.id IN ({labels} UNION ALL {predictions})", [*parameters, *parameters]


def has_confidence(each: Filter) -> tuple[str, list[object]]:
    """Photos whose class is predicted with such a probability, whatever the user says of them."""
    bounds = [(sql, amount) for sql, amount in bounds_of(each.value, each.comparison) if amount is not None]
    which = " AND ".join(f"r.probability {sql} ?" for sql, _ in bounds)
    return f"p.id IN ({_LIVE_CLASS} {which})", [amount for _, amount in bounds]


def _head_and_value(each: Filter) -> tuple[str | None, str]:
    """The head, None for any, and what the value has to be."""
    if each.key != "tag":
        return each.key, each.value
    head, equals, value = each.value.partition("=")
    return (head, value) if equals else (None, each.value)


def _which(head: str | None, value: str) -> tuple[str, list[object]]:
    """A condition over `known.head` and `known.value`."""
    wanted = fold_tag(value)
    glob = _WILDCARDS.search(wanted) is not None
    sql = f"foldtag(known.value) {'GLOB' if glob else '='} ?"
    parameters: list[object] = [wanted.replace("[", "[[]") if glob else wanted]
    if head is None:
        return sql, parameters
    return f"{sql} AND foldtag(known.head) = ?", [*parameters, fold_tag(head)]
