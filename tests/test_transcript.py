"""Reading the losses that another program printed: its lines are data, whatever is in them."""

import io
import math
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdtui.transcript import (
    LARGEST_ITERATION,
    LESSON_EXAMPLE,
    LINE_LIMIT,
    PrintedLoss,
    Transcript,
    TranscriptError,
    line_pattern,
    read_transcript,
)


def read(text: str | bytes, pattern: str | None = None) -> Transcript:
    stream = io.BytesIO(text.encode() if isinstance(text, str) else text)
    transcript = read_transcript("-", line_pattern(pattern) if pattern else None, stream)
    assert not stream.closed
    return transcript


def test_the_lessons_lines_among_others(reference: str) -> None:
    transcript = read(f"Training...\n{reference}done\n")
    assert len(transcript) == 100
    assert transcript[0] == PrintedLoss(2, 0, 812.8666666667, 1e-10)
    assert [printed.iteration for printed in transcript] == [*range(100)]


@pytest.mark.parametrize(
    ("text", "loss", "unit"),
    [
        ("69.12", 69.12, 0.01),
        ("69", 69.0, 1.0),
        ("-.5", -0.5, 0.1),
        ("6.9e+01", 69.0, 1.0),
        ("1.25E-7", 1.25e-7, 1e-9),
        ("2e400", math.inf, 0.0),
        ("2e-400", 0.0, 1e-300),
        ("0e400", 0.0, 1e308),
        ("inf", math.inf, 0.0),
        ("-Infinity", -math.inf, 0.0),
    ],
)
def test_a_loss_knows_what_its_last_digit_is_worth(text: str, loss: float, unit: float) -> None:
    (printed,) = read(f"Iteration 3 => Loss: {text}")
    assert printed.loss == loss
    assert printed.unit == pytest.approx(unit, rel=1e-12)


def test_nan_is_a_loss_too() -> None:
    (printed,) = read("Iteration 3 => Loss: nan")
    assert math.isnan(printed.loss)


@pytest.mark.parametrize(
    "text", ["1_0.5", "١٢", "0x10", "1.2.3", "", "nano", "e5", "tensor(1.0)", "1,5", "1e99999"]
)
def test_what_is_no_number_is_no_loss(text: str) -> None:
    transcript = read(f"Iteration 0 => Loss: {text}\n{LESSON_EXAMPLE}")
    assert [printed.line for printed in transcript] == [2]


def test_other_forms_by_a_pattern() -> None:
    lines = "epoch=1.0 loss 2.50 (best)\nepoch=x loss 2\nepoch=2 loss 1.25\n"
    transcript = read(lines, r"epoch=(?P<iteration>\S+) loss (?P<loss>\S+)")
    assert [printed[1:3] for printed in transcript] == [(1, 2.5), (2, 1.25)]
    late = f"step {LARGEST_ITERATION + 1}: 1\nstep {LARGEST_ITERATION}: 2"
    assert [one.loss for one in read(late, r"step (?P<iteration>\d+): (?P<loss>\d+)")] == [2]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("(", "no regular expression: missing \\), unterminated subpattern at position 0"),
        (r"(?P<loss>.*)", r"lacks the group \(\?P<iteration>\.\.\.\)$"),
        ("loss", r"lacks the group \(\?P<iteration>\.\.\.\) and the group \(\?P<loss>\.\.\.\)$"),
    ],
)
def test_a_wrong_pattern_is_told(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        line_pattern(text)


def test_a_second_run_is_not_read() -> None:
    line = "Iteration {} => Loss: {}\n".format
    transcript = read(line(0, 3) + line(1, 2) + line(0, 5) + line(9, 4))
    assert [printed.loss for printed in transcript] == [3, 2]
    assert transcript.begins_again == 3


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_any_system(end: str) -> None:
    assert [printed.line for printed in read(end.join(["", LESSON_EXAMPLE, ""]))] == [2]


def test_a_long_line_costs_no_memory() -> None:
    class Endless(io.RawIOBase):
        """A line of 10 MB, and one of the lesson's."""

        left = 10_000_000
        rest = f"\n{LESSON_EXAMPLE}\n".encode()

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: object) -> int:
            view = memoryview(buffer)  # type: ignore[arg-type]
            part = b"x" * min(len(view), self.left) or self.rest[: len(view)]
            if self.left:
                self.left -= len(part)
            else:
                self.rest = self.rest[len(part) :]
            view[: len(part)] = part
            return len(part)

    tracemalloc.start()
    transcript = read_transcript("-", stream=io.BufferedReader(Endless()))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [printed.line for printed in transcript] == [2]
    assert most < 100 * LINE_LIMIT


@given(st.binary())
def test_hostile_bytes_are_data(data: bytes) -> None:
    transcript = read(data + f"\n{LESSON_EXAMPLE}".encode())
    assert transcript[len(transcript) - 1].loss == 812.8666666667


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("none.txt", "none.txt: there is no such file"),
        ("", "this is a folder, not a file"),
        ("empty.txt", "no line such as 'Iteration    0 => Loss: 812.8666666667' .--pattern reads"),
        ("a\0b", r"a\\x00b: this cannot be the name of a file"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "empty.txt").write_text("nothing\n")
    with pytest.raises(TranscriptError, match=reason):
        read_transcript(str(tmp_path / name))
