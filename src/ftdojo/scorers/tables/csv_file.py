"""Writes a table as the CSV file that model-written code reads."""

import csv
import io
from collections.abc import Mapping
from typing import Any


def csv_text(table: Mapping[str, Any]) -> str:
    r"""Return ``columns`` and ``data`` as CSV; a missing cell is an empty one.

    Example:
        >>> csv_text({"columns": ["year", "sales"], "data": [["2019", "1,200"]]})
        'year,sales\n2019,"1,200"\n'
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.get("columns", ()))
    writer.writerows(table.get("data", ()))
    return text.getvalue()
