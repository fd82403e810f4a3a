"""How well programs are judged: python tests/benchmarks/diagnosis.py 500

Prints how many of so many right programs are accepted, and in a table in Markdown, mistake by
mistake, how many of as many wrong ones are explained by what was done. With `alone` or `pairs`
after the number, all of the wrong ones make one mistake, or two.
"""

from __future__ import annotations

import sys
from collections import Counter
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.learner import MISTAKES, Finding, finding, right_program, wrong_program

COUNTS = {"alone": 1, "pairs": 2}


Judged = tuple[int, frozenset[str], Finding]


def judge_right(seed: int) -> Finding:
    """What is found of a right program."""
    return finding(right_program(Random(seed)))


def judge_wrong(seed: int, mistakes: int | None) -> Judged:
    """What a wrong program does otherwise, and what is found of it."""
    program = wrong_program(Random(seed), mistakes)
    return seed, program.mistakes, finding(program)


def main(count: int, mistakes: int | None) -> None:
    """Judge as many right and wrong programs, and print what was found."""
    found: dict[tuple[str, int], Counter[Finding]] = {}
    with Pool() as pool:
        right = Counter(pool.map(judge_right, range(count), chunksize=10))
        print(f"right programs accepted: {right[Finding.ACCEPTED]} of {count}\n", flush=True)
        wrong = pool.imap_unordered(partial(judge_wrong, mistakes=mistakes), range(count))
        for seed, made, told in wrong:
            for mistake in made:
                found.setdefault((mistake, len(made)), Counter())[told] += 1
            if told is Finding.OTHER:
                print(f"explained by another thing: seed {seed}, {sorted(made)}", flush=True)
    print("| mistake | of | " + " | ".join(Finding) + " |")
    print("| --- |" + " --- |" * (len(Finding) + 1))
    for number, of in enumerate(("alone", "in a pair"), 1):
        for mistake, words in MISTAKES.items():
            if counts := found.get((mistake, number)):
                cells = [str(counts[one]) if counts[one] else "" for one in Finding]
                print(f"| {words} ({of}) | {counts.total()} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main(int(sys.argv[1]), COUNTS.get(sys.argv[2]) if len(sys.argv) > 2 else None)
