"""What explains the screen: whatever there is has words of its own, and the card has them all."""

from __future__ import annotations

import re

import pytest

from gdtui.core.hyperparameter import Hyperparameter
from gdtui.core.methods import METHODS
from gdtui.core.settings import SHARED

OWN = [p for method in METHODS.values() for p in method.hyperparameters]
# What is said in other words here, or not before the second lesson.
JARGON = ["slope", "critical", "hessian", "eigenvalue", "scaled", "converge"]


def assert_it_explains(words: str) -> None:
    """Whether it is one to four sentences that a student understands."""
    assert re.match(r"[A-Z0-9]|[wb]\b|lr\b", words), words
    assert words.endswith("."), words
    assert len(words) > 40, words
    assert len(words) < 400, words
    assert not any(word in words.lower() for word in JARGON), words
    assert "  " not in words
    assert not re.search(r"-0(\.0*)?(?![\d.e])", words), words


@pytest.mark.parametrize("parameter", [*SHARED, *OWN], ids=lambda p: p.name)
def test_each_hyperparameter_says_what_it_does(parameter: Hyperparameter) -> None:
    assert_it_explains(parameter.meaning)
    assert parameter.help not in parameter.meaning
