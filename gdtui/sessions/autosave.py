"""Saving a session while it goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable

from gdtui.dataset import DataError
from gdtui.problem import Problem
from gdtui.runs.history import History
from gdtui.sessions.session import Session
from gdtui.sessions.store import FileVersion, Store, StoredSession

# Seconds between a change and its save: with the save itself, less than ten.
EVERY = 9.0


# Seconds that the last save may take: of an end that the user asked for, and of a forced one.
LONGEST_SAVE, LAST_MOMENT = 2.0, 0.2


class Autosave:
    """Saves a session while it goes on, soon after a change, from a thread of its own.

    `touch` says that something has changed. A run that goes on is looked at again and again; while
    nothing happens, the thread sleeps. `trouble` is why the last save failed; whoever is to be
    told gets each such sentence once, in that thread.
    """

    def __init__(
        self,
        store: Store,
        problem: Problem,
        history: History,
        resumed: StoredSession | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self.trouble: str | None = None
        self._tell = tell
        self._store, self._problem, self._history = store, problem, history
        self._name: str | None = None
        self._version: FileVersion | None = None
        self._last: Session | None = None
        if resumed:
            self._last = resumed.session
        if resumed and not resumed.session.unknown:
            self._name, self._version = resumed.name, resumed.version
        self._lock = threading.Lock()
        self._touched, self._stopping = threading.Event(), threading.Event()

    def start(self) -> None:
        """Begin to save by itself."""
        threading.Thread(target=self._work, name="autosave", daemon=True).start()

    def touch(self) -> None:
        """Say that something has changed, or will: it is saved before long."""
        self._touched.set()

    def _work(self) -> None:
        while self._touched.wait() and not self._stopping.wait(EVERY):
            self._touched.clear()
            if self.save():
                self._touched.set()

    def save(self) -> bool:
        """Save now what has changed; returns whether something had. From any thread."""
        with self._lock:
            try:
                return self._save()
            except DataError as error:
                self._complain(str(error))
                return False

    def _complain(self, words: str) -> None:
        if words != self.trouble and self._tell:
            self._tell(words)
        self.trouble = words

    def _save(self) -> bool:
        session = Session.of(self._problem, self._history)
        if self._last.same_runs(session) if self._last else not session.runs:
            return False
        if self._name is None or self._store.version(self._name) not in (None, self._version):
            # Another program goes on with the same session: each one keeps its own.
            self._name = self._store.fresh_name()
        if session.runs:
            self._version = self._store.save(self._name, session)
        else:
            self._store.remove(self._name)
        self._last, self.trouble = session, None
        return True

    def finish(self, patience: float = LONGEST_SAVE) -> None:
        """Save for the last time, within so many seconds. From any thread."""
        self._stopping.set()
        self._touched.set()
        last = threading.Thread(target=self.save, name="last save", daemon=True)
        last.start()
        last.join(patience)
