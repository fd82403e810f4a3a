"""What the tests of the core share: data, surfaces, a method of our own and a worker."""

import gc
import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from support.terminal import STATE_FOLDER

from gdtui.core.hyperparameter import Hyperparameter
from gdtui.core.method import METHODS, Method, Update
from gdtui.core.surface import LossSurface
from gdtui.core.worker import Worker
from gdtui.dataset import Dataset, read_dataset
from gdtui.samples import sample_folder

# The search for garbage would take a quarter of the time in which an app opens.
gc.set_threshold(50_000, 50, 50)
os.environ["XDG_STATE_HOME"] = STATE_FOLDER.name
# Else every program that a test starts would compile all of itself again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# A shell has what it runs in the background ignore interrupts, and so would the programs tested.
signal.signal(signal.SIGINT, signal.default_int_handler)

# In the environment, GDTUI_LONG asks for a longer run: tests marked as long are run with all their
# cases, and hypothesis looks at ten times as much. So do monkeys.
LONG = bool(os.environ.get("GDTUI_LONG") or os.environ.get("GDTUI_MONKEYS"))
settings.register_profile("gdtui", deadline=None, max_examples=100 if LONG else 10)
settings.load_profile("gdtui")


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: some worker always waits for the program on its terminal."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to a longer run what is marked as long, but for the first cases that it keeps."""
    seen: Counter[str] = Counter()
    for item in items:
        mark = item.get_closest_marker("long")
        if mark is None or LONG:
            continue
        family = item.nodeid.partition("[")[0]
        seen[family] += 1
        if seen[family] > mark.kwargs.get("keep", 0):
            item.add_marker(pytest.mark.skip(reason="GDTUI_LONG=1 runs it"))


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no home folder, and none that the system knows of."""

    def unknown(user: int) -> None:
        raise KeyError(user)

    for variable in ("XDG_STATE_HOME", "HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)


INERTIA = Hyperparameter(
    "inertia",
    "inertia",
    0.9,
    "how much speed is kept",
    "How much of its speed each step keeps.",
    low=0,
    high=0.999,
)


def _heavy_ball(lr: float, inertia: float) -> Update:
    def update(g: float, speed: float, t: int) -> tuple[float, float]:
        speed = inertia * speed + lr * g
        return speed, speed

    return update


@pytest.fixture
def worker() -> Iterator[Worker]:
    """A thread that drives runs and sweeps; nothing may fail in it."""
    thread = Worker()
    thread.start()
    yield thread
    thread.stop()
    assert not thread.is_alive()
    assert thread.failure is None


@pytest.fixture(scope="session")
def pizza() -> Dataset:
    return read_dataset(Path(sample_folder()) / "pizza.txt")


@pytest.fixture(scope="session")
def surface(pizza: Dataset) -> LossSurface:
    return LossSurface.of(pizza.x, pizza.y)


@pytest.fixture(scope="session")
def reference() -> str:
    return (Path(__file__).parent / "data" / "pizza_w_only_100.txt").read_text()


@pytest.fixture
def heavy_ball(monkeypatch: pytest.MonkeyPatch) -> Method:
    """A method with a hyperparameter and a memory of its own, in the registry for one test."""
    ball = Method(
        "ball", "heavy ball", "roll", _heavy_ball, hyperparameters=(INERTIA,), remembers=("speed",)
    )
    monkeypatch.setitem(METHODS, ball.key, ball)
    return ball
