"""The schedule of backups: ``daily:14`` makes one a day and keeps fourteen."""

import re
from dataclasses import dataclass
from datetime import timedelta

_PERIODS = {"hourly": timedelta(hours=1), "daily": timedelta(days=1), "weekly": timedelta(days=7)}


@dataclass(frozen=True)
class BackupPlan:
    """How often a backup is made, and how many are kept."""

    every: timedelta
    keep: int


def parse_backup_plan(text: str) -> BackupPlan | None:
    """Return the plan that a setting names; None for "".

    Raises:
        ValueError: the text is not a plan; the message names the key.
    """
    if not text:
        return None
    found = re.fullmatch(r"(hourly|daily|weekly):(\d{1,4})", text)
    if found is None or int(found[2]) < 1:
        raise ValueError(
            "COMMENTS_BACKUP takes a period and how many backups are kept, such as daily:14, "
            f"hourly:48 or weekly:8, not {text!r}."
        )
    return BackupPlan(_PERIODS[found[1]], int(found[2]))
