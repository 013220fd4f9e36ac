"""Verdicts -> what people read: one page, CSV, Markdown, a badge, rows for a terminal.

Pure: each function takes the run's header and table, and returns text or plain rows; none opens or prints anything.
"""

from __future__ import annotations

from harness.report.badges import badge
from harness.report.cards import of_answer as cards
from harness.report.causes import foremost
from harness.report.clusters import Cluster, clusters
from harness.report.page import moment, page
from harness.report.site import Past, Step, feed, index, past, step
from harness.report.tables import READING, csv, markdown, summary, unfinished
from harness.report.trust import kills

__all__ = [
    "READING",
    "Cluster",
    "Past",
    "Step",
    "badge",
    "cards",
    "clusters",
    "csv",
    "feed",
    "foremost",
    "index",
    "kills",
    "markdown",
    "moment",
    "page",
    "past",
    "step",
    "summary",
    "unfinished",
]
