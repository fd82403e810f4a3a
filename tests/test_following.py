"""`gdtui --follow`: the losses of any program, from the lines that it prints."""

import io
import math
import re
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.program import ENVIRONMENT, PROGRAM
from support.terminal import ROOT

from gdtui.cli.main import main
from gdtui.core.model import Vector
from gdtui.following.followed import STRETCHES, Followed
from gdtui.following.keeping import PIECE, WHOLE_PIECE, GrowingNumbers
from gdtui.following.words import FEWEST_LAST, broken_words, summary, tendency
from gdtui.transcript import LARGEST_ITERATION, READ_BYTES, line_pattern


def read(text: str | bytes, pattern: str | None = None) -> Followed:
    followed = Followed("train.log", line_pattern(pattern, ["loss"]) if pattern else None)
    followed.feed(text.encode() if isinstance(text, str) else text)
    followed.end()
    return followed


def all_of(followed: Followed) -> list[tuple[int, float]]:
    losses = followed.losses(0, followed.count).tolist()
    return [(followed.iteration(at), loss) for at, loss in enumerate(losses)]


@pytest.mark.parametrize(
    ("line", "iteration", "loss"),
    [
        ("Iteration    3 => Loss: 12.5", 3, 12.5),
        ("loss: 0.123", 0, 0.123),
        ("loss=.5", 0, 0.5),
        ("LOSS = -2E-1", 0, -0.2),
        ("step 7 loss 3", 7, 3.0),
        ('{"loss": 0.25, "val_loss": 9, "step": 7}', 7, 0.25),
        ("{'loss': 0.5, 'grad_norm': 1.2, 'epoch': 0.01}", 0, 0.5),
        ("Epoch [1/5], Step [100/600], Loss: 2.3", 100, 2.3),
        ("Train Epoch: 2 [640/60000 (1%)]\tLoss: 2.25", 2, 2.25),
        ("epoch=3 val loss: 9 train loss: 0.5", 3, 0.5),
        ("loss: tensor(0.75, grad_fn=<MseLossBackward0>)", 0, 0.75),
        ("9/9 - 2s 1ms/step - acc: 0.9 - loss: 0.3 - val_loss: 0.4", 0, 0.3),
        ("Norm: 1.33, NNZs: 1, Bias: 0.1, T: 20, Avg. loss: 5.1", 0, 5.1),
        ("Epoch 0: 100%|##| 10/10 [00:00<00:00, 50it/s, loss=0.5, v_num=1]", 0, 0.5),
        ("global_step: 12.0 train_loss=inf", 12, math.inf),
        ('{"iter": 3, "loss": "NaN"}', 3, math.nan),
        ("[Epoch 4] ce_loss: 9 total_loss: 0.5", 4, 0.5),
        (f"step {LARGEST_ITERATION} loss 1", 0, 1.0),
    ],
)
def test_forms(line: str, iteration: int, loss: float) -> None:
    np.testing.assert_array_equal(all_of(read(line)), [(iteration, loss)])


def test_the_guide_says_what_is_read() -> None:
    guide = (ROOT / "docs" / "following.md").read_text()
    rows = re.findall(r"^\| (`.*) \| (\d+|the next) \| (\S+) \|$", guide, re.MULTILINE)
    assert len(rows) > 9
    for printed, iteration, loss in rows:
        codes = re.findall("`(.*?)`", printed.replace("\\|", "|"))
        for text in ["\n".join(codes)] if "and below it" in printed else codes:
            assert all_of(read(text)) == [(int(iteration.replace("the next", "0")), float(loss))]


@pytest.mark.parametrize(
    "line",
    ["val_loss: 4", "Test loss: 4", "lossless 4", "loss: 1,234.5", "loss: 1_0", "loss: 0x10",
     "loss: 1e99999", "loss: 1.2.3", "loss: ٣", "loss: nano", "loss:", "epoch 4", ""],
)  # fmt: skip
def test_what_is_no_loss(line: str) -> None:
    followed = read(f"{line}\n")
    assert (followed.count, followed.lines) == (0, 1)


@pytest.mark.parametrize(
    ("lines", "iterations"),
    [
        (["loss 1"] * 4, [0, 1, 2, 3]),
        ([f"step {step} loss 1" for step in (10, 20, 25, 30)], [10, 20, 25, 30]),
        (["step 1 loss 1", "step 2 loss 1", "step 1 loss 1", "step 2 loss 1"], [1, 2, 3, 4]),
        (["step 0 loss 1", "step 5 loss 1", "step 0 loss 1", "step 5 loss 1"], [0, 5, 6, 11]),
        (["Epoch 1", "loss 1", "Epoch 2", "loss 1", "loss 1", "Epoch 7", "loss 1"], [1, 2, 3, 7]),
        (["epoch 1 loss 1", "epoch 1 loss 1", "epoch 2 loss 1"], [1, 2, 3]),
        (["acc,Step, loss", "0.1,5,1", "0.1,7,x", "0.1,9,1", "a,b", "0.2,10,1"], [5, 9, 10]),
        (['"loss",val_loss', "1,2", "lr 1, loss", "1,3"], [0, 1]),
    ],
)  # fmt: skip
def test_iterations_go_on(lines: list[str], iterations: list[int]) -> None:
    assert [iteration for iteration, _ in all_of(read("\n".join(lines)))] == iterations


def test_where_the_program_begins_to_count_again_is_told() -> None:
    assert read("epoch 1 loss 1\nepoch 1 loss 1").begins_again is None
    followed = read("step 1 loss 1\nstep 2 loss 1\nstep 0 loss 1\nstep 1 loss 1\nstep 0 loss 1")
    assert followed.begins_again == 3
    assert "Line 3 begins to count again; the iterations go on from there." in summary(followed)


@given(st.lists(st.integers(0, 60), min_size=1), st.data())
def test_an_iteration_leads_to_its_loss(steps: list[int], data: st.DataObject) -> None:
    followed = read("".join(f"step {step} loss 1\n" for step in steps))
    iterations = [iteration for iteration, _ in all_of(followed)]
    assert iterations == sorted(set(iterations))
    wanted = data.draw(st.integers(0, max(iterations)))
    before = [at for at, iteration in enumerate(iterations) if iteration <= wanted]
    assert followed.at_iteration(wanted) == max(before, default=0)


def test_a_short_curve_is_every_loss() -> None:
    followed = read("step 10 loss 3\nstep 20 loss nan\nstep 30 loss 1\n")
    np.testing.assert_array_equal(followed.curve(), [[10, 20, 30], [3, math.nan, 1]])
    assert [len(part) for part in Followed("nothing").curve()] == [0, 0]


@given(st.binary(max_size=300), st.integers(1, 50))
def test_blocks_may_end_anywhere(noise: bytes, size: int) -> None:
    data = noise + "\nloss: 0.5 \u20ac\r\nIteration 4 => Loss: 2\rloss: 3".encode() + noise
    pieces = Followed("pieces")
    for start in range(0, len(data), size):
        pieces.feed(data[start : start + size])
    pieces.end()
    whole = read(data)
    assert all_of(pieces) == all_of(whole)
    assert pieces.lines == whole.lines
    assert [loss for _, loss in all_of(whole)][:2] == [0.5, 2.0]


def test_a_line_of_any_length_takes_no_memory() -> None:
    followed = Followed("long")
    block = b"loss: 0.5 " + b"x" * READ_BYTES
    tracemalloc.start()
    for _ in range(160):
        followed.feed(block)
    followed.feed(b"\nloss: 0.25\n")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert all_of(followed) == [(0, 0.5), (1, 0.25)]
    assert followed.lines == 2
    assert peak < 20 * READ_BYTES


def test_every_loss_is_kept_and_summed_up() -> None:
    count = 3 * PIECE + 17
    losses = np.random.default_rng(0).normal(size=count)
    losses[5:5000] = math.nan
    followed = Followed("long")
    for at in range(0, count, 5000):
        followed.feed(
            "".join(f"loss {loss!r}\n" for loss in losses[at : at + 5000].tolist()).encode()
        )
    assert followed.count == count
    np.testing.assert_array_equal(
        followed.losses(PIECE - 3, 2 * PIECE + 5), losses[PIECE - 3 : 2 * PIECE + 5]
    )
    spacing, (at, low, high) = followed.envelope
    assert STRETCHES // 2 <= len(low) <= STRETCHES
    assert count - 2 * spacing < len(low) * spacing <= count
    rows = losses[: len(low) * spacing].reshape(-1, spacing)
    np.testing.assert_array_equal(at, np.arange(len(low)) * spacing)
    np.testing.assert_array_equal(low, np.fmin.reduce(rows, axis=1))
    np.testing.assert_array_equal(high, np.fmax.reduce(rows, axis=1))
    x, y = followed.curve()
    assert (x[0], x[-1], y[-1]) == (0, count - 1, losses[-1])
    assert np.all(np.diff(x) >= 0)
    assert (np.nanmin(y), np.nanmax(y)) == (np.nanmin(losses), np.nanmax(losses))


@pytest.mark.parametrize(
    ("losses", "words"),
    [
        (
            "1 3 9 1e30 inf nan",
            "The loss is infinite (inf) from iteration 4, line 5 on. It had grown up to 1e30 "
            "before: the learning rate is likely too large; try a tenth of it, or clip the "
            "gradients.",
        ),
        (
            "3 2 nan 1",
            "The loss is no number (nan) at iteration 2, line 3. It had not "
            "grown before, it was 2: look at the examples of that step for missing values, and for "
            "the logarithm of 0, a division by 0 or a root of less than 0.",
        ),
        (
            "nan nan",
            "The loss is no number (nan) from iteration 0, line 1 on. It never was a number: look "
            "for missing values in the data, and for a division by 0 at the start.",
        ),
        ("3 2 1", ""),
    ],
)
def test_what_to_look_at_where_the_loss_breaks(losses: str, words: str) -> None:
    assert broken_words(read("\n".join(f"loss {loss}" for loss in losses.split()))) == words


@pytest.mark.parametrize(
    ("losses", "words"),
    [
        (np.exp(-np.arange(1000) / 100), "It still falls"),
        (np.exp(np.arange(1000) / 100), "It grows"),
        (1 + np.exp(-np.arange(1000) / 50), "It is level"),
        (1 + np.random.default_rng(1).normal(size=1000) / 5, "It is level"),
        (np.linspace(1.7e308, 1e308, 1000), "It still falls"),
        (np.zeros(1000), "It is level"),
    ],
    ids=["falls", "grows", "level", "noise", "huge", "nought"],
)
def test_how_it_ends(losses: Vector, words: str) -> None:
    since = "over the last 100 losses, from iteration 900 on."
    assert tendency(read("".join(f"loss {loss}\n" for loss in losses))) == f"{words} {since}"


def test_how_it_ends_is_not_guessed() -> None:
    few = read("loss 1\n" * (2 * FEWEST_LAST - 1))
    assert tendency(few) == "Too few losses to tell whether it still falls; 20 would tell."


def test_lines_are_kept_while_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gdtui.following.keeping.KEPT_BYTES", 3000)
    monkeypatch.setattr("gdtui.following.keeping.KEPT_BLOCK", 500)
    printed = [f"step {at} loss 1\u20ac" if at % 3 else "" for at in range(1000)]
    followed = Followed("long")
    for at in range(0, 1000, 7):
        followed.feed(("\n".join(printed[at : at + 7]) + "\n").encode())
    kept = followed.newest_lines.between(0, 1000)
    assert kept == dict(list(enumerate(printed))[-len(kept) :])
    assert 2000 < len("\n".join(kept.values()).encode()) <= 3000
    assert followed.newest_lines.between(995, 998) == dict(enumerate(printed[995:998], 995))
    assert followed.newest_lines.between(0, 5) == {}


@pytest.mark.parametrize("step", [1, 10, None], ids=["one by one", "tens", "at random"])
def test_where_a_loss_was_printed_is_kept(step: int | None) -> None:
    chance = np.random.default_rng(2)
    count = 2 * WHOLE_PIECE + 5
    steps = np.full(count, step) if step else chance.integers(1, 1000, count)
    numbers = np.cumsum(steps).tolist()
    kept = GrowingNumbers()
    for at in range(0, count, 5000):
        kept.extend(numbers[at : at + 5000])
    for at in (0, 7, WHOLE_PIECE - 1, WHOLE_PIECE, WHOLE_PIECE + 99, count - 1):
        assert kept[at] == numbers[at]
        assert kept.last_not_beyond(numbers[at], count) == at
    assert kept.last_not_beyond(numbers[0] - 1, count) == -1


def test_a_pattern_of_ones_own() -> None:
    assert all_of(read("a 4\nb 3\na x\na 2", r"a (?P<loss>\S+)")) == [(0, 4.0), (1, 2.0)]
    followed = read("3 | 0.5 | loss 9\nx | 1\n4 | 0.25", r"(?P<iteration>\w+) \| (?P<loss>\S+)")
    assert all_of(followed) == [(3, 0.5), (4, 0.25)]


# The program


def run(*arguments: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [*PROGRAM, "--follow", *arguments]
    return subprocess.run(
        command, input=data, capture_output=True, env=ENVIRONMENT, timeout=60, check=False
    )


def test_another_program_is_summed_up() -> None:
    train = "for i in range(200): print(f'step {i * 10}: loss={1000 / (i + 1)}')"
    with subprocess.Popen([sys.executable, "-u", "-c", train], stdout=subprocess.PIPE) as program:
        result = subprocess.run(
            [*PROGRAM, "--follow", "-"],
            stdin=program.stdout,
            capture_output=True,
            env=ENVIRONMENT,
            timeout=60,
            check=False,
        )
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.decode().splitlines() == [
        "standard input: 200 losses in 200 lines.",
        "First 1000 (iteration 0), last 5 (iteration 1990, line 200), "
        "lowest 5 (iteration 1990, line 200).",
        "It still falls over the last 20 losses, from iteration 1800 on.",
    ]


def test_hostile_lines_do_no_harm(tmp_path: Path) -> None:
    name = tmp_path / "a\x1b]0;b[red]"
    long = b"[bold]" * 1_700_000
    lines = b"\x1b[31mloss: 0.5\x00\xff\xfe", long, b"\x1b]2;x\x07loss: nan\n"
    data = b"\n".join(lines)
    name.write_bytes(data)
    result = run(str(name))
    assert (result.returncode, result.stderr) == (0, b"")
    assert b"\x1b" not in result.stdout
    shown = result.stdout.decode().splitlines()
    assert shown[0].endswith("a\\x1b]0;b[red]: 2 losses in 3 lines.")
    assert shown[2].startswith("The loss is no number (nan) from iteration 1, line 3 on.")


def test_where_there_is_no_loss(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.log", tmp_path / "bad.log"
    good.write_text("loss: 1\n")
    bad.write_text("val_loss: 1\naccuracy: 2\n")
    result = run(str(bad), str(good), str(tmp_path), str(tmp_path / "none"))
    assert result.returncode == 2
    assert result.stdout.startswith(f"{good}: 1 loss in 1 line.\n".encode())
    assert result.stderr.decode().splitlines() == [
        f"gdtui: {bad}: there is no loss in any of the 2 lines; one looks like "
        "'Iteration 12 => Loss: 0.5', 'step 12: loss=0.5' or '{\"loss\": 0.5}' "
        "(--pattern reads others)",
        f"gdtui: {tmp_path}: this is a folder, not a file",
        f"gdtui: {tmp_path / 'none'}: there is no such file",
    ]


def test_what_was_printed_is_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, other, figure = tmp_path / "a.log", tmp_path / "b.jsonl", tmp_path / "a.svg"
    log.write_text("a 8\na 4\na inf\n")
    head = '{"settings": {}}\n'
    other.write_text(head + '{"loss": 4}\n{"loss": 2}\n' + head + '{"loss": 1}\n')
    command = ["--follow", str(log), "--pattern", r"a (?P<loss>\S+)", "--compare", str(other)]
    assert main([*command, "--figure", str(figure)]) == 0
    drawn = figure.read_text()
    for words in ("Loss by iteration (log)", "a.log", "2 b.jsonl · 3 b.jsonl (2)",
                  "first loss that is not finite",
                  "The loss is infinite (inf) from iteration 2, line 3 on."):  # fmt: skip
        assert words in drawn
    assert main([*command, "--figure", str(figure)]) == 2
    assert "no file is written over" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["data.csv", "--follow", "a"], "no FILE"),
        (["--follow", "a", "--lr", "1"], "no --lr"),
        (["--follow", "a", "--check", "b"], "no --check"),
        (["--follow", "a", "--figure", "a.svg", "--view", "Fit"], "no --view"),
        (["--follow", "a", "--pattern", "x"], "it lacks the group (?P<loss>...)"),
        (["--follow", "a", "-", "--compare", "-"], "standard input is there only once"),
        (["--follow", "a", "--surface", "beale"], "no --surface"),
        (["--follow", "-", "-"], "standard input is there only once"),
    ],
)
def test_what_belongs_to_runs_of_ours_is_refused(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert words in capsys.readouterr().err


def test_a_terminal_has_no_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert main(["--follow", "-"]) == 2
    assert "there are no lines on standard input" in capsys.readouterr().err


def test_an_interrupt_sums_up_what_was_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Interrupted(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if block := super().read(size):
                return block
            raise KeyboardInterrupt

    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(Interrupted(b"loss: 4\nloss: 2\n")))
    assert main(["--follow", "-", "--plain"]) == 130
    assert "First 4 (iteration 0), last 2 (iteration 1, line 2)" in capsys.readouterr().out
