"""A program that is stopped and continued, as a shell does it.

Without it: Textual's handlers of signals run between any two instructions of the main thread, and
may wait for a lock of the driver's that it holds. And of SIGSTOP there is no word: as the program
is continued, Textual takes the terminal again without having given it back, so that the modes of
its own screen are those that it restores at the end; in the background it even tries to.
Seen in Textual 8.2.8; upstream: Textualize/textual#1582.
"""

from __future__ import annotations

import asyncio
import os
import signal

from textual.app import App, ReturnType
from textual.drivers.linux_driver import LinuxDriver


class Suspending(App[ReturnType]):
    """An app that obeys the signals to stop and to go on in its event loop."""

    def on_mount(self) -> None:
        """Take the signals over from Textual's driver."""
        driver = self._driver
        if isinstance(driver, LinuxDriver):
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGTSTP, driver._sigtstp_application)
            loop.add_signal_handler(signal.SIGCONT, resume, driver)


def resume(driver: LinuxDriver) -> None:
    """Take the terminal again, after a stop that Textual has not seen coming: SIGSTOP can't be."""
    if os.tcgetpgrp(driver.fileno) != os.getpgrp():
        os.kill(os.getpid(), signal.SIGSTOP)
    elif not driver._must_signal_resume:
        # Else Textual would take the modes of its own screen for those to restore at the end.
        driver.suspend_application_mode()
        driver._must_signal_resume = True
        driver.resume_application_mode()
    else:
        driver._sigcont_application()
