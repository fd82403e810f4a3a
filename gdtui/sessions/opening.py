"""Going on with a session, or beginning one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import BinaryIO

from gdtui.core.printable import PATH_CHARACTERS, printable
from gdtui.dataset import DataError
from gdtui.loading import Loading
from gdtui.problem import Problem
from gdtui.runs.history import History
from gdtui.sessions.autosave import Autosave
from gdtui.sessions.store import SessionSummary, Store, StoredSession


class Opening:
    """With which runs the app opens: those of a session that is chosen, those given, or none.

    `problem` is what they are about, once it is known.
    """

    def __init__(
        self,
        store: Store,
        choices: Iterable[SessionSummary] = (),
        file: str | None = None,
        stream: BinaryIO | None = None,
        history: History | None = None,
    ) -> None:
        self.choices = tuple(choices)
        self.problem: Problem | None = None
        self._store, self._file, self._stream = store, file, stream
        self._history = history
        self._resumed: StoredSession | None = None

    def choose(self, name: str) -> Loading:
        """Go on with this session; returns its data, to be loaded. Raises DataError."""
        self._resumed = self._store.load(name)
        return self._resumed.session.origin.reopen(self._file, self._stream)

    def begin(self, problem: Problem, tell: Callable[[str], None]) -> tuple[History, Autosave]:
        """The runs to go on with, if any, and what saves them. Raises DataError."""
        self.problem, resumed = problem, self._resumed
        history = resumed.session.history(problem) if resumed else self._history or History()
        for note in resumed.session.notes if resumed else ():
            tell(note)
        return history, Autosave(self._store, problem, history, resumed, tell)

    def explain(self, error: DataError) -> DataError:
        """What is wrong with the data, with what it means for the session chosen."""
        if self._resumed is None:
            return error
        path = self._resumed.session.origin.source.path
        where = f", its data were in {printable(path, PATH_CHARACTERS)}" if path else ""
        return DataError(f"{error}; the session is kept{where}")
