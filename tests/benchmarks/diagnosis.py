"""How well programs are judged: python tests/benchmarks/diagnosis.py 500

Prints how many of so many right programs are accepted, and in a table in Markdown, mistake by
mistake, how many of as many wrong ones are explained by what was done. With `alone` or `pairs`
after the number, all of the wrong ones make one mistake, or two.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.learner import MISTAKES, Finding, finding, right_program, wrong_program

COUNTS = {"alone": 1, "pairs": 2}


def main(count: int, mistakes: int | None) -> None:
    """Judge as many right and wrong programs, and print what was found."""
    right = Counter(finding(right_program(Random(seed))) for seed in range(count))
    print(f"right programs accepted: {right[Finding.ACCEPTED]} of {count}\n")
    found: dict[tuple[str, int], Counter[Finding]] = {}
    for seed in range(count):
        program = wrong_program(Random(seed), mistakes)
        told = finding(program)
        for mistake in program.mistakes:
            found.setdefault((mistake, len(program.mistakes)), Counter())[told] += 1
        if told is Finding.OTHER:
            print(f"explained by another thing: seed {seed}, {sorted(program.mistakes)}")
    print("| mistake | of | " + " | ".join(Finding) + " |")
    print("| --- |" + " --- |" * (len(Finding) + 1))
    for number, of in enumerate(("alone", "in a pair"), 1):
        for mistake, words in MISTAKES.items():
            if counts := found.get((mistake, number)):
                cells = [str(counts[one]) if counts[one] else "" for one in Finding]
                print(f"| {words} ({of}) | {counts.total()} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main(int(sys.argv[1]), COUNTS.get(sys.argv[2]) if len(sys.argv) > 2 else None)
