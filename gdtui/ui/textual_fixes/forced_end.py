"""An end that comes even where the terminal takes no more output.

Without it: Textual waits for all its output to be written before it ends, for ever on a line that
hangs, and leaves no other way to give the terminal its modes back.
Seen in Textual 8.2.8; no upstream issue found.
"""

from __future__ import annotations

import os
import termios
from contextlib import suppress
from threading import Thread, Timer

from textual.app import App, ReturnType
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver

# Seconds that an end by a signal may take before it is forced.
GRACE = 0.6
# Seconds that a last word to a terminal may take.
LAST_WORD = 0.1
# Turns off what Textual turned on: pasting, the wide keyboard protocol, mouse, focus and the
# alternate screen; and on again the wrapping of lines and the cursor.
RESTORE = (
    b"\x1b[0m\x1b[?2004l\x1b[?7h\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[<u"
    b"\x1b[?1049l\x1b[?25h\x1b[?1004l"
)


class ForcedEnd(App[ReturnType]):
    """An app that can be made to end."""

    def last_moment(self) -> None:
        """What is done before a forced end; it may take no longer than a moment."""

    def force_end_soon(self, status: int) -> None:
        """End with an exit status if the app has not ended by itself before long."""
        last_resort = Timer(GRACE, self.end_now, (self._driver, status))
        last_resort.daemon = True
        last_resort.start()

    def end_now(self, driver: Driver | None, status: int) -> None:
        """End at once, whatever Textual waits for."""
        self.last_moment()
        end_by_force(driver, status)


def end_by_force(driver: Driver | None, status: int) -> None:
    """End now, whatever Textual waits for, with the terminal as it was as far as it lets us."""
    if isinstance(driver, LinuxDriver):
        if driver.attrs_before is not None:
            with suppress(termios.error):
                termios.tcsetattr(driver.fileno, termios.TCSANOW, driver.attrs_before)
        # Once the writer has ended, it has sent all this, and the terminal may be another's.
        writer = driver._writer_thread
        if writer and writer.is_alive():
            word = Thread(target=os.write, args=(writer.fileno(), RESTORE), daemon=True)
            word.start()
            word.join(LAST_WORD)
    os._exit(status)
