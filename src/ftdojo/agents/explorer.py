"""Explorer: finds good data and training options without a language model.

A pure function of what it sees. Four phases share the time that is left:

1. *look*: a check of a few rows of every source. What the scorer cannot read, and what mostly repeats itself, is out;
2. *probe*: each of the other sources alone, on the same small number of rows (a third of the time, more where that is
   too few); a single one needs none;
3. *halve*: the more promising half again on two to three times the rows, and so on (successive halving; Jamieson and
   Talwalkar 2016), as long as the climb can still see three times as many as one of them;
4. *climb*: the best data on as many rows as fit, the next best where that brought no gain; then, while time is left,
   one change at a time to the best.

Probes and halvings are validated on part of the items where all of them would take more than a tenth of the time.
Sources are ranked by ``ranking``: the primary metric, helped by the denser secondary metrics and by readability, and the
loss where those leave them tied. After a few dozen rows most scores are near zero, and what tells sources apart is how
the model fails.
"""

import math
import random
from collections.abc import Collection, Iterable
from dataclasses import replace

from ftdojo.agents import ranking
from ftdojo.agents.recipes import (
    Cost,
    Move,
    Recipe,
    cost,
    fitted,
    next_change,
    recipe_of,
    spent_s,
    submission,
)
from ftdojo.records import (
    BASE,
    Action,
    Check,
    Experiment,
    FailureKind,
    Finish,
    Observation,
    Submission,
    Train,
)

PROBE_SHARE, MOST_PROBE_SHARE = 0.35, 0.6
TELLING_ROWS = 96
"""Fewer rows than this teach an answer's form at most, and sources that share a form look alike."""
LOOK_ROWS, LEAST_ROWS, MOST_PROBE_ROWS = 24, 32, 400
READ_SHARE, REPEATED = 0.5, 0.5
"""A source is out whose answers are readable less than this share as often as the best's, or of which more than this
share are duplicates."""
FEW_ROWS, FEW_ROWS_RATE = 800, 3e-3
GROW, LEAST_GROWTH = 3.0, 2.0
WORTHWHILE = 0.5
"""A change is tried only on at least this share of the largest climb's rows; on fewer it could not win."""
RETRYABLE = {FailureKind.OUT_OF_MEMORY, FailureKind.DIVERGED, FailureKind.INFRASTRUCTURE}
"""Failures that say nothing about the rows: a source that failed so is probed once more."""
MOST_FALSE_STARTS = 3
"""A climb whose first step failed this often is given up."""
VALIDATION_SHARE, LEAST_ITEMS = 0.1, 32
"""Validating all probes may take this share of the time; on fewer items than this a rank is luck."""
MARGIN, TOO_SLOW_MARGIN = 0.93, 0.85
"""Plans use at most this share of the time left, and for each that was refused as too slow this share of that. Speed
varies by more, but a training that runs late is cut, not lost."""


class Explorer:
    """The default agent; needs no key and no language model.

    Args:
        seed: decides the order in which sources are probed.
    """

    name = "explorer"

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed

    def act(self, observation: Observation) -> Action:
        """Return the next action."""
        view = View(observation, self._seed)
        looked = observation.last and isinstance(observation.last.action, Check)
        if not view.tried and not looked:
            return view.look()
        return view.probe() or view.halve() or view.climb() or Finish(experiment=observation.best)


class View:
    """What Explorer makes of one observation: what was tried, what it was worth, what still fits."""

    def __init__(self, observation: Observation, seed: int) -> None:
        self.seen = observation
        self.cost = cost(observation)
        found = [(each, recipe_of(each)) for each in observation.experiments]
        self.tried = [(each, recipe) for each, recipe in found if recipe]
        slow = self._failures(FailureKind.TOO_SLOW)
        self.left_s = observation.outlook.left_s * MARGIN * TOO_SLOW_MARGIN**slow
        self.total_s = observation.outlook.left_s + spent_s(observation)
        self.order = [card.name for card in observation.sources]
        random.Random(f"explorer/{seed}").shuffle(self.order)
        self.rivals = self._rivals()
        self.items = self._probe_items()

    def look(self) -> Action:
        """Check a few rows of every source: how fast training is, and whose answers can be read."""
        cap = self.seen.budget.max_rows or LOOK_ROWS * len(self.order)
        names = self.order[:cap]
        each = min(LOOK_ROWS, cap // len(names))
        even = dict.fromkeys(names, 1 / len(names))
        recipe = Recipe(phase="look", sources=even, rows=each * len(names))
        why = (
            f"A look at {each} rows of each of {len(names)} sources: speed, length, and whether the scorer can read the "
            "answers."
        )
        return Check(submission=self.written(recipe, why))

    def probe(self) -> Action | None:
        """Train on the next source alone, each on the same number of rows."""
        probes = self._of("probe")
        if len(self.rivals) == 1:  # nothing to rank: all the time goes into its rows
            return None
        waiting = [name for name in self.rivals if not self._is_probed(name)]
        rows = probes[0][1].rows if probes else self._probe_rows()
        if not waiting or self._brief(waiting[:1]).seconds(rows) > self.left_s:
            return None
        recipe = self._careful(
            Recipe(
                phase="probe",
                sources={waiting[0]: 1.0},
                rows=rows,
                rivals=self.rivals,
                items=probes[0][1].items if probes else self.items,
            )
        )
        why = (
            f"Probe {len(self.rivals) - len(waiting) + 1} of {len(self.rivals)}: what {rows} rows of {waiting[0]} alone "
            f"teach. Every source gets the same number of rows, so that their scores compare. {self._passed_over()}"
        )
        return self._train(recipe, why)

    def halve(self) -> Action | None:
        """Train on the next survivor of the present rung, or open the next rung while there is time for one."""
        rung, names, before = 1, self.ranked("probe"), self._rows_of("probe")
        while len(names) > 1:
            phase = f"halve-{rung}"
            done = self._of(phase)
            survivors = done[0][1].rivals if done else tuple(names[: (len(names) + 1) // 2])
            rows = done[0][1].rows if done else self._rung_rows(before, survivors)
            if rows is None and len(survivors) > 2:
                survivors = survivors[:2]
                rows = self._rung_rows(before, survivors)
            if rows is None or len(survivors) < 2:
                return None
            run = {name for _, recipe in done for name in recipe.sources}
            waiting = [name for name in survivors if name not in run]
            if waiting and self._brief(waiting[:1]).seconds(rows) <= self.left_s:
                return self._survivor(waiting[0], phase=phase, rows=rows, survivors=survivors)
            rung, names, before = rung + 1, self.ranked(phase), rows
        return None

    def climb(self) -> Action | None:
        """Train on the best data as long as fits; afterwards, change one thing of the best at a time."""
        ranked = self.ranked_all() or list(self.rivals[:1])
        if len(self.rivals) > 1 and not self._scored():
            return None
        climbs = self._of("climb")
        best, move = self._best_climb(), None
        if best and self.seen.best == BASE and (other := self._unclimbed()):
            rest = self._careful(self._widest(other))
            move = Move(recipe=rest, why="No gain from what ranked higher: the next source.")
        elif best:
            # A change that was refused for time never ran: it is planned again, smaller.
            tried = [recipe for each, recipe in climbs if not _refused(each)]
            move = next_change(best, tried, ranked)
        elif len(climbs) < MOST_FALSE_STARTS and (hopeful := self._hopeful(ranked)):
            widest = self._careful(self._first_climb(hopeful[0]))
            move = Move(recipe=widest, why="The best data so far, as many rows as fit.")
        passes = cost(self.seen, move.recipe.sources).rows(self.left_s) if move else 0
        if move is None or passes < LEAST_ROWS:
            return None
        cap = self.seen.budget.max_rows
        recipe = fitted(move.recipe, self.seen.sources, passes=passes, cap=cap)
        if recipe is None or recipe.passes < self._worthwhile():
            return None
        return self._train(recipe, f"{move.why} {self._ranking()}")

    def ranked(self, phase: str) -> list[str]:
        """Return the sources that ran alone in ``phase`` and were scored, the most promising first."""
        alone = {name: each for each, recipe in self._of(phase) for name in recipe.sources}
        return ranking.ranked(alone, self.seen)

    def ranked_all(self) -> list[str]:
        """Return the probed sources, those that came further first."""
        rungs = [f"halve-{at}" for at in range(9, 0, -1)] + ["probe"]
        return list(dict.fromkeys(name for phase in rungs for name in self.ranked(phase)))

    def written(self, recipe: Recipe, why: str) -> Submission:
        """Return ``recipe`` as a submission."""
        climbing = recipe.phase == "climb"
        return submission(
            recipe,
            self.seen,
            parent=self.seen.best if climbing else BASE,
            why=why,
            predicted=self._predicted(recipe) if climbing else None,
        )

    def _survivor(self, name: str, *, phase: str, rows: int, survivors: tuple[str, ...]) -> Action:
        why = (
            f"{name} is among the {len(survivors)} most promising sources; the survivors meet again on {rows} rows each. "
            f"{self._ranking()}"
        )
        recipe = Recipe(
            phase=phase, sources={name: 1.0}, rows=rows, rivals=survivors, items=self.items
        )
        return self._train(self._careful(recipe), why)

    def _rivals(self) -> tuple[str, ...]:
        """Return the sources worth a probe: those of the first probe, else what the look left."""
        probes = self._of("probe")
        if probes:
            return probes[0][1].rivals
        data = self.seen.checked.data if self.seen.checked else None
        repeating = {c.name for c in self.seen.sources if c.duplicate_share > REPEATED}
        readable = data.readable if data else {}
        least = READ_SHARE * max(readable.values(), default=0.0)
        read = [name for name in self.order if readable.get(name, 1.0) >= least]
        return tuple(name for name in read if name not in repeating) or tuple(read)

    def _passed_over(self) -> str:
        rest = [name for name in self.order if name not in self.rivals]
        why = "their answers cannot be read or they mostly repeat themselves"
        return f"Passed over: {', '.join(rest)}; {why}." if rest else ""

    def _train(self, recipe: Recipe, why: str) -> Action:
        allowed = replace(recipe, rows=min(recipe.rows, self.seen.budget.max_rows or recipe.rows))
        return Train(submission=self.written(allowed, why), validate_items=recipe.items)

    def _probe_rows(self) -> int:
        """Return how many rows every source gets, so that all probes take their share of the time."""
        wanted, most = (
            self._brief(self.rivals).rows(share * self.left_s / len(self.rivals)) // 8 * 8
            for share in (PROBE_SHARE, MOST_PROBE_SHARE)
        )
        telling = min(TELLING_ROWS, most)
        return max(LEAST_ROWS, telling, min(MOST_PROBE_ROWS, wanted))

    def _probe_items(self) -> int | None:
        """Return how many validation items a probe is scored on; None for all of them."""
        share_s = VALIDATION_SHARE * self.total_s / len(self.rivals)
        items = max(LEAST_ITEMS, int(share_s / self.cost.item_s)) if self.cost.item_s else None
        return items if items and items < self.cost.items else None

    def _brief(self, sources: Iterable[str]) -> Cost:
        """Return what an experiment on ``sources`` costs that is scored on part of the items."""
        return cost(self.seen, sources).on(self.items)

    def _rung_rows(self, before: int, survivors: Collection[str]) -> int | None:
        """Return the rows each of ``survivors`` gets, or None if too little would be left for the climb."""
        brief, count = self._brief(survivors), len(survivors)
        fixed_s = count * brief.fixed_s + self.cost.fixed_s
        most = (self.left_s - fixed_s) / ((count + GROW) * brief.row_s)
        rows = int(min(before * GROW, most)) // 8 * 8
        return rows if rows >= before * LEAST_GROWTH else None

    def _widest(self, source: str) -> Recipe:
        rows = next(card.rows for card in self.seen.sources if card.name == source)
        return Recipe(phase="climb", sources={source: 1.0}, rows=rows)

    def _first_climb(self, source: str) -> Recipe:
        """Return the widest recipe on ``source``; where one source of few rows is all there is, at a higher rate.

        A few hundred rows make some hundred steps, in which labels are not learnt at the usual rate: on 270 made-up tickets,
        three epochs, one seed, 0.001 gave 77 % (71 to 81), 0.003 gave 86 % (82 to 89), n = 298 and 299.
        """
        widest = self._widest(source)
        few = len(self.rivals) == 1 and widest.rows <= FEW_ROWS
        return replace(widest, learning_rate=FEW_ROWS_RATE) if few else widest

    def _hopeful(self, ranked: Iterable[str]) -> list[str]:
        """Return the sources on which no climb failed for a reason that it would fail for again."""
        stuck = {
            name
            for each, recipe in self._of("climb")
            if not _worth_another(each)
            for name in recipe.sources
        }
        return [name for name in ranked if name not in stuck]

    def _unclimbed(self) -> str | None:
        """Return the best source that no climb was made on."""
        climbed = {name for _, recipe in self._of("climb") for name in recipe.sources}
        return next((name for name in self.ranked_all() if name not in climbed), None)

    def _best_climb(self) -> Recipe | None:
        """Return the climb that is selected, else the most promising one; None if none was scored."""
        scored = [
            (each.id == self.seen.best, ranking.promise(each.evaluation, self.seen), recipe)
            for each, recipe in self._of("climb")
            if each.evaluation
        ]
        return max(scored, key=lambda found: found[:2])[2] if scored else None

    def _worthwhile(self) -> float:
        """Return the rows that a change has to see at least."""
        ran = [recipe.passes for each, recipe in self._of("climb") if each.evaluation]
        return WORTHWHILE * max(ran, default=0.0)

    def _is_probed(self, name: str) -> bool:
        """Return whether a source had its probe, or failed it for good."""
        tries = [each for each, recipe in self._of("probe") if name in recipe.sources]
        retryable = tries and tries[-1].failure and tries[-1].failure.kind in RETRYABLE
        return len(tries) > 1 if retryable else bool(tries)

    def _careful(self, recipe: Recipe) -> Recipe:
        """Learn from failures: less memory after running out of it, a lower rate after divergence."""
        return replace(
            recipe,
            batch=max(1, recipe.batch // 2 ** self._failures(FailureKind.OUT_OF_MEMORY)),
            learning_rate=recipe.learning_rate / 2 ** self._failures(FailureKind.DIVERGED),
        )

    def _predicted(self, recipe: Recipe) -> float | None:
        """Guess a score: the best so far, and an eighth of what is missing for every doubling of the rows."""
        best = self.seen.experiment(self.seen.best)
        earlier = recipe_of(best) if best else None
        if best is None or best.evaluation is None or earlier is None:
            return None
        score = best.evaluation.score.score
        doublings = math.log2(max(1.0, recipe.passes / earlier.passes))
        goal = 1.0 if self.seen.task.direction == "higher" else 0.0
        return round(score + (goal - score) * min(0.9, doublings / 8), 4)

    def _ranking(self) -> str:
        order = self.ranked_all()
        return f"Ranking so far: {' > '.join(order)}." if order else ""

    def _scored(self) -> bool:
        return any(each.evaluation for each, _ in self.tried)

    def _rows_of(self, phase: str) -> int:
        return next((recipe.rows for _, recipe in self._of(phase)), LEAST_ROWS)

    def _of(self, phase: str) -> list[tuple[Experiment, Recipe]]:
        return [(each, recipe) for each, recipe in self.tried if recipe.phase == phase]

    def _failures(self, kind: FailureKind) -> int:
        return sum(
            1 for each, _ in self.tried if each.failure is not None and each.failure.kind is kind
        )


def _worth_another(experiment: Experiment) -> bool:
    """Return whether a failed experiment may succeed with less memory, a lower rate, fewer rows or better luck."""
    failure = experiment.failure
    return failure is None or failure.kind in RETRYABLE | {FailureKind.TOO_SLOW}


def _refused(experiment: Experiment) -> bool:
    return experiment.failure is not None and experiment.failure.kind is FailureKind.TOO_SLOW
