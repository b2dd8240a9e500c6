"""The three files an agent hands in and the rows its script writes, read as hostile text."""

from ftdojo.submissions.data_script import read_script
from ftdojo.submissions.plan import Plan, read_plan, write_plan
from ftdojo.submissions.rows import RowFault, read_rows
from ftdojo.submissions.shapes import PreferenceRow, Row, ShapeError, conversation, preference
from ftdojo.submissions.train_config import TrainConfig
from ftdojo.submissions.train_file import about_ignored, describe_train, read_train, write_train

__all__ = [
    "Plan",
    "PreferenceRow",
    "Row",
    "RowFault",
    "ShapeError",
    "TrainConfig",
    "about_ignored",
    "conversation",
    "describe_train",
    "preference",
    "read_plan",
    "read_rows",
    "read_script",
    "read_train",
    "write_plan",
    "write_train",
]
