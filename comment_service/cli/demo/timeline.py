"""Eight weeks in the right order: each event happens at its time by the service's clock."""

from collections.abc import Callable
from datetime import datetime, timedelta
from heapq import heappop, heappush

DAYS = 56
Action = Callable[[], object]


class Timeline:
    """Events, and the clock that they set; an event may add later ones.

    Args:
        end: the present. Day 0 begins 56 days before its midnight; nothing happens after it.
    """

    def __init__(self, end: datetime) -> None:
        self.end = end
        midnight = end.replace(hour=0, minute=0, second=0, microsecond=0)
        self._begun = self.now = midnight - timedelta(days=DAYS)
        self._events: list[tuple[datetime, int, Action]] = []
        self._added = 0

    def clock(self) -> datetime:
        """Return the time of the current event."""
        return self.now

    def moment(self, at: str) -> datetime:
        """Return the time that a text names: ``"12 08:30"``, or ``"-95m"`` before the end."""
        if at.startswith("-"):
            return self.end - timedelta(minutes=int(at.strip("-m")))
        day, _space, time = at.partition(" ")
        hours, minutes = map(int, time.split(":"))
        return self._begun + timedelta(days=int(day), hours=hours, minutes=minutes)

    def add(self, at: str, action: Action, delay: timedelta = timedelta()) -> None:
        """Add an event at a time that a text names, or some time after it."""
        self._push(self.moment(at) + delay, action)

    def after(self, delay: timedelta, action: Action) -> None:
        """Add an event some time after the current one."""
        self._push(self.now + delay, action)

    def run(self) -> None:
        """Let everything happen that is not after the end."""
        while self._events and self._events[0][0] <= self.end:
            self.now, _number, action = heappop(self._events)
            action()
        self.now = self.end

    def _push(self, moment: datetime, action: Action) -> None:
        self._added += 1
        heappush(self._events, (moment, self._added, action))
