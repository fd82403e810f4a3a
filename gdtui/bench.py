"""The bench: all that a person has before them. Every key is one command to it.

It holds the runs, the cursor, the wanted settings and the chosen views, and knows no screen. Time
and the workers are handed in: what drives it, a person, a lesson or a test, decides how time goes
by. A command that has something to say returns it, else an empty text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gdtui.core.descent import Point, Status
from gdtui.core.hyperparameter import Hyperparameter, Value
from gdtui.core.ladder import rung_above, rung_below
from gdtui.core.methods import METHODS
from gdtui.core.pacemaker import FULL_SPEED, Pace, Schedule
from gdtui.core.run import Run, Snapshot
from gdtui.core.settings import LEARNING_RATE, METHOD, SHARED, Settings
from gdtui.core.worker import Driver
from gdtui.placing import Lifted, beginning_at, carried, pointed_at, strides
from gdtui.problem import Problem
from gdtui.runs.guess import FORETOLD, Guess, answered
from gdtui.runs.history import Branch, Entry, History, branch_point
from gdtui.runs.race import Race
from gdtui.runs.sweep import Sweep
from gdtui.scene import CONTOUR, LOSS, SWEEP, VALLEY, Ghosts, Program, Scale, Scene, is_running
from gdtui.theory import divergence
from gdtui.theory.goal import gap
from gdtui.theory.verdict import advised_rate, critical_rate

# The paces at which the ladder begins, and where it ends and full speed begins.
SLOWEST, FASTEST = 1.0, 1e6
TOO_LATE = "This run has begun: a guess comes before. r begins it again."
# Said once on each visit to the past.
HOW_TO_BRANCH = "n starts a new run from here, with these settings; end lets them be."

Fact = float | str | bool | None


class Bench:
    """One problem, and all that is done with it.

    `worker` drives runs and races, `sweeper` sweeps; `now` gives the time in seconds; `changed` is
    called after each command that may have changed what is to be kept. `views` names the plots
    there are, and a `pace` in iterations a second is that of all runs, where one is given; else
    each run has a schedule to be watched by. A `program` of the user's is drawn beside the runs.
    """

    def __init__(
        self,
        problem: Problem,
        settings: Settings,
        worker: Driver,
        sweeper: Driver,
        now: Callable[[], float],
        *,
        views: Sequence[str] = (),
        pace: float | None = None,
        history: History | None = None,
        program: Program | None = None,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.problem = problem
        self.program = program
        self.history = History() if history is None else history
        self.scale = Scale.LINEAR
        self.along = "w"
        # The view chosen last comes last.
        self.views = list(views)[::-1]
        self.zoomed = False
        self._worker, self._sweeper, self._now, self._changed = worker, sweeper, now, changed
        self._chosen_pace = pace
        self._ghosts = Ghosts()
        self._race: Race | None = None
        self._sweep: Sweep | None = None
        self._picked: int | None = None
        # The iteration that is looked at; None for the newest.
        self._cursor: int | None = None
        self._lifted: Lifted | None = None
        self._guessing: float | None = None
        # The facts that a question is about, of a lesson or of one who is about to guess.
        self.question: frozenset[str] = frozenset()
        self.is_about_to_guess = False
        # Whether in a race the one in the lead is looked at, whoever that is.
        self._follows_leader = True
        # Whether the user knows what becomes of settings that are changed in the past.
        self._told = False
        for entry in self.history.entries:
            entry.run.pace = self._pace_for(entry.run.settings, entry.run.start_point)
        if not self.history.entries:
            self.history.add(self._new_run(settings))
        self._entry = self.history.entries[-1]
        # What was wanted last of each hyperparameter, for methods that have it again.
        self._remembered: dict[Hyperparameter, Value] = {}
        self._want(self.run.settings)

    # What there is

    @property
    def entry(self) -> Entry:
        """The run that is looked at, with its number and its name."""
        return self._entry

    @property
    def run(self) -> Run:
        """The run that is looked at."""
        return self._entry.run

    @property
    def wanted(self) -> Settings:
        """The settings that the user has asked for."""
        return self._wanted

    @property
    def cursor(self) -> int | None:
        """The iteration that is looked at; None for the newest, whichever that is."""
        return self._cursor

    @property
    def view(self) -> str:
        """The view that was chosen last."""
        return self.views[-1] if self.views else ""

    @property
    def race(self) -> Race | None:
        """The race that is on, if one is."""
        return self._race

    @property
    def sweep(self) -> Sweep | None:
        """The sweep that was made last, if one was."""
        return self._sweep

    @property
    def looked_at(self) -> Snapshot:
        """The run as it is looked at."""
        return self.run.snapshot() if self._cursor is None else self.run.snapshot_at(self._cursor)

    def facts(self) -> dict[str, Fact]:
        """What may be asked about the bench: each setting by its name, and where the run stands.

        `gap` is in percent above the minimum, `within` the first iteration within 1% of it;
        `gradient` is along w, and `best_...` is the minimum.
        """
        snapshot, surface = self.looked_at, self.run.surface
        step, settings = snapshot.step, snapshot.settings
        best = surface.minimum(step.w, step.b, settings.bias)
        return {
            **settings.values,
            "status": divergence.standing(snapshot, surface),
            "iteration": step.iteration,
            "loss": step.loss,
            "w": step.w,
            "b": step.b,
            "gap": gap(surface, step, settings).percent,
            "within": self._entry.first_within,
            "gradient": step.dw,
            "gradient_b": step.db,
            "best_w": best.w,
            "best_b": best.b,
            "best_loss": best.loss,
            "critical": critical_rate(surface, settings, (step.w, step.b)),
            "view": self.view,
            "cursor": self._cursor,
            "runs": len(self.history.entries),
            "along": self.along,
            "race": self._race is not None,
            "swept": self._sweep is not None and self._sweep.snapshot().done,
        }

    def scene(self) -> Scene:
        """All that a screen may draw from, as it is now."""
        racers = self._race.racers(self.history.entries) if self._race else ()
        now = {racer.entry.run: racer.snapshot for racer in racers}
        live = now.get(self.run) or self.run.snapshot()
        past = None if self._cursor is None else self.run.snapshot_at(self._cursor)
        swept = self._sweep.snapshot() if self._sweep else None
        return Scene(
            surface=self.run.surface,
            snapshot=past or live,
            ghosts=self._ghosts.of(self.history.entries, self._entry.number, now),
            names=self.problem.names,
            scale=self.scale,
            along=self.along,
            sweep=swept,
            picked=self._picked,
            live=live if past else None,
            racers=racers,
            held=self._held,
            program=self.program,
            guessing=self._guessing if self.guessing else None,
            answer=self._answer,
            asked=self._asked,
            cursor=self._cursor,
            number=self._entry.number,
            label=self._entry.label,
            steps=self.run.steps,
            wanted=self._wanted,
            pace=self._commanded.pace,
            now=self._now(),
            goes_on=is_running(self.history.entries) or (swept is not None and not swept.done),
        )

    def follow_leader(self) -> None:
        """In a race, look at who leads it, unless another one was chosen, or one looks back."""
        if self._race and self._follows_leader and self._cursor is None:
            leader, *_ = self._race.racers(self.history.entries)
            if leader.entry is not self._entry:
                self._entry = leader.entry
                self._want(self.run.settings)

    def tend(self) -> None:
        """Let the worker go on with whatever is due next."""
        self._worker.drive(self._driven)

    @property
    def _driven(self) -> Run | Race:
        """What the worker drives: first what replays have still to do, unless they are paused."""
        runs = [entry.run for entry in self.history.entries]
        going = (run for run in runs if run.replaying and run.status is Status.RUNNING)
        return next(going, self._commanded)

    @property
    def _commanded(self) -> Run | Race:
        """What keys start and stop."""
        return self._race or self.run

    def _obeyed(self) -> None:
        """After a command to the run: have it saved, and wake the worker."""
        self._changed()
        self.tend()

    # The wanted settings

    def want(self, parameter: Hyperparameter, value: Value) -> str:
        """Ask for one setting; raises ValueError, in words, where it is out of bounds.

        The run is tuned, or another one begins; in the past it is asked for a branch alone.
        """
        if parameter not in self._wanted.hyperparameters:
            return ""  # asked of a method that has been left: a field that loses the focus is late
        wanted = self._with(parameter, value)
        if wanted == self._wanted:
            return ""
        if parameter.name == "standardize" and value and self.problem.dataset is None:
            return "A surface has no feature to standardize."
        self._want(wanted)
        words = HOW_TO_BRANCH if self._cursor is not None and not self._told else ""
        self._told = self._cursor is not None
        self._adopt()
        return words

    def _with(self, parameter: Hyperparameter, value: Value) -> Settings:
        """The wanted settings but for one; a method finds its own hyperparameters as they were."""
        settings = self._wanted.change(parameter, value)
        if parameter == METHOD:
            for own in settings.chosen_method.hyperparameters:
                settings = settings.change(own, self._remembered.get(own, settings[own]))
        return settings

    def _want(self, settings: Settings) -> None:
        self._wanted = settings
        self._remembered |= {p: settings[p] for p in settings.chosen_method.hyperparameters}

    def _adopt(self) -> None:
        """Bring the run to the wanted settings: tune it, or begin another."""
        wanted = self._wanted
        # In the past they are those of a branch, if there comes one.
        if wanted == self.run.settings or self._cursor is not None:
            return
        self._leave_race()
        try:
            self.run.tune(wanted)
        except ValueError:  # only the run can say: it may end at any moment
            self.begin(wanted)
        else:
            self.run.pace = self._pace_for(wanted, self.run.start_point)
            self._obeyed()

    def rate(self, up: bool) -> str:
        """The next learning rate along 1-2-5."""
        return self.want(LEARNING_RATE, LEARNING_RATE.stepped(self._wanted.lr, up))

    def toggle(self, name: str) -> str:
        """Turn a switch on, or off."""
        parameter = next(p for p in SHARED if p.name == name)
        return self.want(parameter, not self._wanted[parameter])

    def next_method(self) -> str:
        """The next method of the list."""
        keys = list(METHODS)
        return self.want(METHOD, keys[(keys.index(self._wanted.method) + 1) % len(keys)])

    def advised(self) -> str:
        """Start again at half the critical learning rate, where there is one."""
        step, settings = self.run.snapshot().step, self.run.settings
        advised = advised_rate(self.run.surface, settings, (step.w, step.b))
        if advised is None:
            return f"The learning rate has no limit: {settings.chosen_method.bound}."
        self.begin(settings.change(LEARNING_RATE, advised))
        self.run.start()
        self._obeyed()
        return ""

    # The run

    def _pace_for(self, settings: Settings, start: Point | None = None) -> Pace:
        return self._chosen_pace or Schedule(
            settings.iterations - (start.iteration if start else 0)
        )

    def _new_run(self, settings: Settings, start: Point | None = None) -> Run:
        surface = self.problem.surface_for(settings)
        return Run(surface, settings, self._pace_for(settings, start), start)

    def _race_pace(self, racers: Sequence[Settings]) -> Pace:
        return self._pace_for(max(racers, key=lambda racer: racer.iterations))

    def _follow(self, entry: Entry) -> None:
        """Look at another run, and want what it has."""
        self._entry = entry
        self._guessing = None
        self._forget_past()
        self._want(entry.run.settings)
        self._obeyed()

    def begin(
        self, settings: Settings, start: Point | None = None, parent: Branch | None = None
    ) -> None:
        """A new run; the one before it stays in the table and on the plots."""
        self._part()
        self._follow(self.history.add(self._new_run(settings, start), parent))

    def _part(self, chosen: int | None = None) -> None:
        """Stop what runs; a run that has not begun is not worth keeping, unless it is chosen."""
        self._commanded.pause()
        self._race = None
        for entry in self.history.entries[::-1]:
            if _has_not_begun(entry.run) and entry.number != chosen:
                self.history.drop(entry.number)

    def _leave_race(self) -> None:
        """Let the run that is looked at go on alone."""
        if self._race:
            goes_on = self.run.status is Status.RUNNING
            self._race.pause()
            self._race = None
            if goes_on:
                self.run.start()

    def toggle_run(self) -> None:
        """Run or pause; a run that has ended begins anew."""
        if self._is_running:
            self._commanded.pause()
        else:
            if all(run.ended for run in (self._race.runs if self._race else [self.run])):
                self.restart()
            self._commanded.start()
        self._obeyed()

    @property
    def _is_running(self) -> bool:
        return self._race.running if self._race else self.run.status is Status.RUNNING

    def restart(self) -> None:
        """The same from the start, as a new run or a new race."""
        if self._race:
            self.begin_race([run.settings for run in self._race.runs])
        elif self._entry.parent:
            self.begin(self.run.settings, self.run.start_point, self._entry.parent)
        else:
            self.begin(self._wanted)

    def step(self, count: int = 1) -> None:
        """Take so many iterations, and stand still."""
        self._leave_past()
        self._commanded.pause()
        self._commanded.advance(count)
        self._obeyed()

    def finish(self) -> None:
        """Run to the end at full speed."""
        self._commanded.finish()
        self._obeyed()

    def faster(self, up: bool) -> None:
        """The next pace along 1-2-5, or full speed above the fastest; or the one before.

        From a schedule, it is the next to the speed that the run has come to; below the slowest
        there is the schedule again.
        """
        current = min(self._commanded.speed, 2 * FASTEST)
        pace = rung_above(current) if up else rung_below(current)
        self._chosen_pace = None if pace < SLOWEST else FULL_SPEED if pace > FASTEST else pace
        if self._race:
            self._race.pace = self._race_pace([run.settings for run in self._race.runs])
        self.run.pace = self._pace_for(self.run.settings, self.run.start_point)
        self._obeyed()

    # The cursor

    def look_at(self, iteration: int) -> None:
        """Let all views stand at an iteration; at the newest one they go on with the run."""
        iteration = max(self.run.start_point.iteration, iteration)
        if iteration >= self.run.iteration:
            self._leave_past()
        else:
            self._cursor = iteration

    def follow_newest(self) -> None:
        """Look at the newest iteration again; in a race, at that of who leads it."""
        self._follows_leader = True
        self._leave_past()

    def _leave_past(self) -> None:
        """Look at the newest iteration again, with the settings that the run has."""
        if self._cursor is not None:
            self._forget_past()
            self._want(self.run.settings)

    def _forget_past(self) -> None:
        self._cursor, self._told = None, False

    def move(self, by: int) -> None:
        """Look so many iterations further; or pick another trial, or carry the walker."""
        if self.guessing:
            self._guessing = carried(self._guessing or 0.0, self._strides[0], by)
        elif self.placing:
            self._carry(by, 0)
        elif self.view == SWEEP and self._sweep and self._sweep.trials:
            self._pick(by)
        elif self._cursor is None and by > 0:
            self.step(by)
        else:
            self.look_at((self.run.iteration if self._cursor is None else self._cursor) + by)

    def move_percent(self, up: bool) -> None:
        """Look at the neighbouring hundredth of the run."""
        at = self.run.iteration if self._cursor is None else self._cursor
        self.look_at(self.run.next_hundredth(at, up))

    def look_at_start(self) -> None:
        """Look at the start of the run."""
        self.look_at(self.run.start_point.iteration)

    # Another start

    @property
    def placing(self) -> bool:
        """Whether the walker is being placed: the run that begins where it stands has not begun."""
        placed = self._lifted is not None and self._lifted.placed is self.run
        return placed and not self.run.taken and self.run.status is not Status.RUNNING

    @property
    def _held(self) -> Snapshot | None:
        """The run from which the walker was taken, if its parameters are in the same units."""
        run = self._lifted.entry.run if self._lifted and self.placing else self.run
        return run.snapshot() if run is not self.run and run.surface is self.run.surface else None

    def lift(self) -> None:
        """Take the walker up: it is carried, and then put down elsewhere, or put back."""
        if self.view not in (VALLEY, CONTOUR) and VALLEY in self.views:
            self.choose(VALLEY)
        self._place(*self.looked_at.step[1:3])

    def _place(self, w: float, b: float) -> None:
        """A new run that begins there, in the surface's own units; nothing of it runs yet."""
        before = self._entry, self._wanted, self._cursor
        settings = beginning_at(self._wanted, self.run.surface, w, b)
        if self._lifted and self.placing:
            before = self._lifted[:3]
            self.history.drop(self._entry.number)
        self.begin(settings)
        self._lifted = Lifted(*before, self.run)

    def _carry(self, right: int, up: int) -> None:
        """Carry the walker so many strides; in the valley there is but one direction."""
        step, (along_w, along_b) = self.run.step, self._strides
        if self._runs_along_b:
            right, up = 0, right
        self._place(
            carried(step.w, along_w, right) if right else step.w,
            carried(step.b, along_b, up) if up else step.b,
        )

    def climb(self, by: int) -> None:
        """While the walker is placed in the plane: carry it so many strides up."""
        if self.placing and self.view == CONTOUR:
            self._carry(0, by)

    def point_at(self, x: float, y: float) -> None:
        """A place in the chosen view: an iteration to look at, or where the walker is to stand.

        Where it is being said where the first step leads, it leads there.
        """
        step, (along_w, along_b) = self.looked_at.step, self._strides
        if self.view == LOSS:
            self.look_at(round(x))
        elif self.guessing:
            self._guessing = pointed_at(x, along_w)
        elif self.view == CONTOUR:
            self._place(pointed_at(x, along_w), pointed_at(y, along_b))
        elif self.view == VALLEY and self._runs_along_b:
            self._place(step.w, pointed_at(x, along_b))
        elif self.view == VALLEY:
            self._place(pointed_at(x, along_w), step.b)

    @property
    def _runs_along_b(self) -> bool:
        """Whether what the chosen view has to the right is b."""
        return self.view == VALLEY and self.along == "b" and self.run.settings.bias

    @property
    def _strides(self) -> tuple[float, float]:
        """How far an arrow carries the walker; the same until it is put down."""
        run = self._lifted.entry.run if self._lifted and self.placing else self.run
        settings, surface = run.settings, self.run.surface
        return strides(surface, surface.scaled(settings.w_start, settings.b_start))

    def put_down(self) -> str:
        """Let the walker begin where it stands, or say that the first step leads there."""
        words = self.guess(Guess(w=self._guessing)) if self.guessing else ""
        self._lifted = self._guessing = None
        return words

    def _put_back(self) -> None:
        """Look again at what one looked at before the walker was taken up."""
        if not (self._lifted and self.placing):
            return
        entry, wanted, cursor, _ = self._lifted
        self._lifted = None
        self.history.drop(self._entry.number)
        # It may have been renamed since, or not have been worth keeping.
        kept = next((one for one in self.history.entries if one.run is entry.run), None)
        if kept is None:
            self.begin(entry.run.settings, entry.run.start_point, entry.parent)
            return
        self._part(kept.number)
        self._follow(kept)
        if cursor is not None:
            self._cursor = cursor
            self._want(wanted)

    # A guess

    @property
    def guessing(self) -> bool:
        """Whether it is being said where the first step leads: the run has not begun."""
        along_w = self.view == VALLEY and not self._runs_along_b
        return self._guessing is not None and _has_not_begun(self.run) and along_w

    @property
    def _answer(self) -> str:
        """How the guess of this run came out, if there is one and the run has told."""
        return answered(self._entry.guess, self.run) if self._entry.guess else ""

    @property
    def _asked(self) -> frozenset[str]:
        """The facts that open questions are about."""
        guess = self._entry.guess
        about = guess.asked if guess and not self._answer else frozenset[str]()
        return self.question | about | (FORETOLD if self.is_about_to_guess else frozenset())

    def begin_guess(self) -> str:
        """Have it said, in the valley, where the first step leads."""
        if not _has_not_begun(self.run):
            return TOO_LATE
        if VALLEY in self.views:
            self.choose(VALLEY)
        self.along = "w"
        self._guessing = self.run.step.w
        return ""

    def guess(self, guess: Guess) -> str:
        """Say what the run will do, before it begins."""
        if not _has_not_begun(self.run):
            return TOO_LATE
        self.history.guess(self._entry.number, guess)
        self.history_changed()
        return "Your guess is kept; the run will tell."

    # Other runs

    def branch(self) -> str:
        """Begin a new run in the state that is looked at, with the wanted settings."""
        settings, past = self._wanted, self.looked_at
        if _has_not_begun(self.run):
            return "Nothing to branch off yet: this run has not begun."
        if settings.iterations <= past.step.iteration:
            return f"Iteration {past.step.iteration} is the last: a branch needs more of them."
        surface = self.problem.surface_for(settings)
        start = branch_point(past, self.run.surface, settings, surface)
        self.begin(settings, start, Branch(self._entry.number, start.iteration))
        return ""

    def history_changed(self) -> None:
        """After runs were named, hidden or deleted: have it kept, and shown."""
        self._entry = self.history[self._entry.number]
        self._obeyed()

    def look_at_run(self, number: int) -> None:
        """Look at another run of the history; in a race, whoever leads it."""
        self._follows_leader = False
        if number == self._entry.number:
            return
        entry = self.history[number]
        if self._race is None or entry.run not in self._race.runs:
            self._part(number)
        self._follow(entry)

    def begin_race(self, racers: Sequence[Settings]) -> None:
        """New runs that advance together; the first of them is looked at."""
        self._part()
        runs = [self._new_run(settings) for settings in racers]
        self._race = Race(runs, self._race_pace(racers))
        self._follows_leader = True
        first, *_ = [self.history.add(run) for run in runs]
        self._follow(first)

    def start_race(self, racers: Sequence[Settings]) -> None:
        """Begin a race, and let all run."""
        self.begin_race(racers)
        self._commanded.start()
        self._obeyed()

    # What one looks at

    def next_scale(self) -> None:
        """The next scale of the loss."""
        self.scale = self.scale.following

    def cut(self) -> str:
        """Cut the valley along the other parameter."""
        if self.along == "w" and not self.run.settings.bias:
            return "The valley runs along b once the bias is trained: b turns it on."
        self.along = "b" if self.along == "w" else "w"
        return ""

    def choose(self, view: str) -> None:
        """Choose a view."""
        self.views.remove(view)
        self.views.append(view)

    def zoom(self) -> None:
        """Give the chosen view all the room, or take it back."""
        self.zoomed = not self.zoomed

    # The sweep

    def begin_sweep(self) -> None:
        """Run with learning rates around the critical one, to see how each ends."""
        if self._sweep:
            self._sweep.cancel()
        self._sweep, self._picked = Sweep(self.run.surface, self.run.settings), None
        self._sweeper.drive(self._sweep)
        if SWEEP in self.views:
            self.choose(SWEEP)
        self._obeyed()

    def cancel(self) -> None:
        """Try no more learning rates, and put the walker back."""
        if self._sweep:
            self._sweep.cancel()
        self._guessing = None
        self._put_back()

    def _pick(self, by: int) -> None:
        """Pick another trial of the sweep."""
        trials = self._sweep.trials if self._sweep else ()
        if self._picked is None:
            lr = self.run.settings.lr
            self._picked = min(range(len(trials)), key=lambda i: abs(trials[i].lr - lr))
        else:
            self._picked = max(0, min(self._picked + by, len(trials) - 1))

    def adopt_picked(self) -> str | None:
        """Take the learning rate picked in the sweep; None where none is."""
        if self.view != SWEEP or self._sweep is None or self._picked is None:
            return None
        return self.want(LEARNING_RATE, self._sweep.trials[self._picked].lr)


def _has_not_begun(run: Run) -> bool:
    """Whether a run is as it was made, even if it was started: nothing of it is to be kept."""
    return run.iteration == run.start_point.iteration and not (run.ended or run.replaying)
