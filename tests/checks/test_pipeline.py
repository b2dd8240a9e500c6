"""The ladder, rung by rung: what holds, and what each fall says."""

import json
import random
import re
import string
from dataclasses import replace

import pytest

from ftdojo.checks import Forecast, Passed
from ftdojo.records import Stage

STAGES = ("static", "dry-run", "data", "fit", "probe")
WRITE = "import json, os\nwith open('train.jsonl', 'w') as out:\n"
ROW = {"prompt": "abcdefg!", "completion": "yes"}


def writing(rows):
    """Return a script that writes ``rows``."""
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    return f"open('train.jsonl', 'w', encoding='utf-8').write({lines!r})"


def test_a_good_submission_passes_every_rung(checked_with):
    reached = checked_with()
    assert isinstance(reached, Passed)
    assert reached.report.stages == STAGES
    assert (reached.report.data.rows, reached.config.max_steps) == (40, 5)
    assert reached.report.fit.steps == 5
    assert reached.report.fit.peak_bytes > 0 < reached.report.fit.tokens_per_s


@pytest.mark.parametrize(
    ("file", "text", "kind", "message"),
    [
        ("plan", "", "schema", "plan.md: it is empty; say what changes against the parent"),
        ("plan", "---\nparent: [\n---\nWhy.", "syntax", "plan.md: front matter, "),
        ("data", "for:", "syntax", "data.py: line 1: invalid syntax."),
        ("data", "pass", "syntax", "data.py: it does nothing; write code that turns raw sources"),
        (
            "train",
            "learning_rte: 1",
            "schema",
            "'learning_rte' is unknown, the nearest is learning_rate.",
        ),
        ("train", "method: [", "syntax", "train.yaml: "),
    ],
)
def test_the_static_rung_names_the_file_and_the_fault(fell, file, text, kind, message):
    stage, found, said = fell(**{file: text})
    assert (stage, found) == ("static", kind)
    assert message.lower() in said.lower()


@pytest.mark.parametrize(
    ("script", "kind", "message"),
    [
        (
            "raise ValueError('no luck')",
            "data-script",
            "data.py ended with exit code 1: ValueError: no luck",
        ),
        ("import sys; sys.exit(3)", "data-script", "ended with exit code 3: it printed nothing"),
        (
            "import os; os.abort()",
            "data-script",
            "data.py ended with exit code 134 (SIGABRT): it printed nothing",
        ),
        (
            "print('done')",
            "data-script",
            "train.jsonl was not written. It must write its rows to train.jsonl in its working folder.",
        ),
        ("open('rows.jsonl', 'w').write('{}')", "data-script", "train.jsonl was not written."),
        (
            "import os; os.symlink('/etc/passwd', 'train.jsonl')",
            "data-script",
            "data.py ended well, but train.jsonl is a link; write a plain file instead.",
        ),
        ("import os; os.mkdir('train.jsonl')", "data-script", "train.jsonl is a folder"),
        (
            "open('train.jsonl', 'w')",
            "empty-data",
            "data.py wrote an empty train.jsonl when each source held 64 rows; it must cope with fewer rows",
        ),
        (
            "open('train.jsonl', 'w').truncate(1 << 30)",
            "data-script",
            "data.py ended with exit code 1: OSError: [Errno 27] File too large",
        ),
        (
            "out = open('train.jsonl', 'wb'); out.truncate(1 << 29); out.seek(1 << 29); out.write(b'x'); out.flush()",
            "data-script",
            "data.py was stopped by its limit on file size; write less.",
        ),
        ("x = bytearray(8 << 30)", "data-script", "data.py used more memory than allowed;"),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            "data-script",
            "data.py was killed twice: it starts too many processes, or kills itself;",
        ),
    ],
)
def test_the_dry_run_says_what_the_script_did(fell, script, kind, message):
    stage, found, said = fell(data=script)
    assert (stage, found) == ("dry-run", kind)
    assert message in said


def test_an_endless_loop_is_ended(fell):
    stage, kind, said = fell(data="while True: pass", on={"dry_run_s": 1.0})
    assert (stage, kind) == ("dry-run", "timeout")
    assert said == "data.py ran into its limit of 1 s; look for a loop without end or do less."


def test_a_script_that_is_slow_on_the_whole_sources_only_is_ended_there(fell):
    script = "import os, time\ntime.sleep(0 if os.environ['FTDOJO_DRY_RUN'] == '1' else 99)\n"
    stage, kind, said = fell(data=script + writing([ROW]), on={"build_s": 1.0})
    assert (stage, kind) == ("data", "timeout")
    assert "limit of 1 s" in said


def test_what_a_script_printed_last_is_in_the_log(checked_with):
    assert (
        "the clue" in checked_with(data="print('the clue')\nraise SystemExit(1)").failure.log_tail
    )


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("open('train.jsonl', 'wb').write(b'{\"prompt\": \"\\xff\"}')", "Line 1 of the rows: byte"),
        (writing([ROW, {"prompt": "abc"}]), "Line 2 of the rows: the row has no completion;"),
        (writing([ROW, ROW | {"completion": " "}]), "Line 2 of the rows: the row has no answer:"),
        ("open('train.jsonl', 'w').write('yes')", "Line 1 of the rows: it is not JSON"),
    ],
)
def test_rows_that_cannot_be_trained_on_are_named_by_line(fell, script, message):
    stage, kind, said = fell(data=script)
    assert (stage, kind) == ("data", "schema")
    assert said.startswith(message)


def test_more_rows_than_the_runs_cap_are_refused_with_the_number_that_is_right(checked_with):
    failure = checked_with(on={"max_rows": 2}, data=writing([ROW] * 3)).failure
    assert (failure.stage.value, failure.kind.value) == ("data", "schema")
    assert (
        failure.message
        == "3 training rows are more than the 2 that this run allows; choose 2 of them."
    )
    assert isinstance(checked_with(on={"max_rows": 3}, data=writing([ROW] * 3)), Passed)


def test_held_out_questions_are_refused_by_row_and_never_quoted(checked_with, toy):
    asked = [toy.words(split, 2)[0] for split in ("test", "confirm", "validation")]
    rows = [ROW, *({"prompt": word, "completion": "yes"} for word in asked), ROW]
    failure = checked_with(data=writing(rows)).failure
    assert (failure.stage.value, failure.kind.value) == ("data", "contaminated")
    assert failure.message.startswith(
        "3 training row(s) hold held-out questions (3 exactly, 0 nearly; rows 2, 3, 4): leave them out."
    )
    assert not [word for word in asked if word in repr(failure)]


PAIR = {"prompt": "bla!", "chosen": "yes", "rejected": "no"}
DPO = "objective: dpo\nmax_steps: 2\n"


def test_the_rejected_answer_of_a_pair_is_held_against_what_is_held_out(checked_with, toy):
    leak = {**PAIR, "rejected": toy.words("test", 2)[1]}
    failure = checked_with(data=writing([PAIR, leak]), train=DPO).failure
    assert (failure.stage.value, failure.kind.value) == ("data", "contaminated")
    assert "rows 2)" in failure.message


def test_pairs_are_described_with_both_their_answers(checked_with):
    others = [{**PAIR, "prompt": f"bl{letter}!", "rejected": "hm"} for letter in "bcde"]
    data = checked_with(data=writing([PAIR, PAIR, *others]), train=DPO).report.data
    assert (data.rows, data.exact_duplicates, data.formats) == (6, 1, {"preference": 6})
    assert data.samples[0].count(">>>") == 2
    assert "Of the rejected answers the task's scorer can read" in " ".join(data.notes)
    assert data.total_tokens > 2 * data.label_share * data.total_tokens


@pytest.mark.parametrize(
    ("row", "train", "says"),
    [
        ({**PAIR, "rejected": "yes"}, DPO, "chosen and rejected are the same answer, 'yes'"),
        ({**PAIR, "rejected": ""}, DPO, "rejected: the row has no answer"),
        ({**PAIR, "prompt": "w " * 90}, DPO + "max_length: 60\n", "lose their whole answer"),
        (
            {**PAIR, "chosen": "ja " * 90, "rejected": "ja " * 91},
            DPO + "max_length: 90\n",
            "Row 2: chosen and rejected are the same 90 tokens, cut at max_length=90",
        ),
        (ROW, DPO, "the row has no chosen answer"),
    ],
)
def test_a_pair_that_cannot_be_learnt_is_named_by_row(fell, row, train, says):
    stage, kind, said = fell(data=writing([PAIR, row]), train=train)
    assert (stage, kind) == ("data", "schema")
    assert says in said
    assert "\n" not in said


def test_answers_cut_off_by_max_length_are_named_by_row(fell):
    long = {"prompt": "w " * 40 + "end", "completion": "yes"}
    stage, kind, said = fell(data=writing([ROW, long]), train="max_length: 60\n")
    assert (stage, kind) == ("data", "schema")
    assert said.startswith("1 row(s) lose their whole answer at max_length=60 (rows 2;")
    assert said.endswith("raise max_length or shorten the prompts.")


def test_a_row_that_the_model_cannot_be_shown_is_a_fault_of_the_data_that_names_it(fell):
    chat = [{"role": "user", "content": "abc!"}, {"role": "assistant", "content": "yes"}]
    masked = {"messages": [chat[0] | {"weight": 0}, chat[1]]}
    script = writing([ROW, masked])
    stage, kind, said = fell(data=script, train="completion_only_loss: false\n")
    assert (stage, kind) == ("data", "schema")
    assert said.startswith("Row 2: a turn is marked as not to be learnt, and completion_only_loss:")


def test_what_of_the_rows_is_not_learnt_and_what_is_asked_otherwise_is_told(checked_with):
    made = [ROW | {"id": 7}, ROW | {"prompt": "bcd?", "system": "Be brief."}]
    data = checked_with(data=writing(made)).report.data
    assert data.ignored == {"id": 1}
    assert data.notes == (
        "Keys that are not used, of 2 rows: 'id' in 1.",
        "The task asks without a system text, and 1 of 2 rows have one.",
    )


def test_text_that_does_not_reach_the_model_is_told_by_row(context, checked_with):
    class Losing:
        """The worker, with a model whose template leaves text out."""

        def __getattr__(self, name):
            return getattr(context.worker, name)

        def audit(self, *args, **given):
            found = context.worker.audit(*args, **given)
            return replace(found, lost=(2,), lost_text="'so' of the role user", unclosed=1)

    data = checked_with(on={"worker": Losing()}, data=writing([ROW, ROW])).report.data
    assert data.notes[0].endswith("leaves text out: row 2 loses 'so' of the role user.")
    assert data.notes[1].startswith("The model is prompted with an opened <think>, and 1 of 2 rows")


def test_duplicates_lineage_and_formats_are_counted(checked_with):
    alpaca = {"instruction": "hijklmn?", "output": "no", "source": "made"}
    data = checked_with(data=writing([ROW, ROW, ROW, alpaca])).report.data
    assert (data.rows, data.exact_duplicates) == (4, 2)
    assert data.lineage == {"unknown": 3, "made": 1}
    assert data.formats == {"prompt-completion": 3, "alpaca": 1}
    assert any(">>>yes" in sample for sample in data.samples)


def test_the_share_of_answers_that_the_scorer_can_read_is_told_by_source(checked_with):
    made = [
        {"prompt": f"hijk{at}?", "completion": answer, "source": source}
        for at, (answer, source) in enumerate([("yes", "a"), ("no", "a"), ("no", "b"), ("so", "b")])
    ]
    data = checked_with(data=writing([*made, {**ROW, "completion": "who knows"}])).report.data
    assert data.readable == {"a": 1.0, "b": 0.5, "unknown": 0.0}


def test_a_plan_too_slow_for_the_time_left_names_rows_that_then_fit(checked_with, toy):
    train = "num_train_epochs: 3\nper_device_train_batch_size: 4\n"
    whole = checked_with(data=toy.handed_in(rows=400).data, train=train)
    left_s = whole.report.fit.train_forecast_s / 3 + whole.report.seconds  # which the check takes
    failure = checked_with(data=toy.handed_in(rows=400).data, train=train, left_s=left_s).failure
    assert (failure.stage, failure.kind.value) == (Stage.FIT, "too-slow")
    fits = re.search(
        r"at most about (\d+) of 400 rows \(or (\d+) of 300 steps\) fit", failure.message
    )
    for changed in (
        {"data": toy.handed_in(rows=int(fits[1])).data, "train": train},
        {
            "data": toy.handed_in(rows=400).data,
            "train": train.replace("num_train_epochs: 3", f"max_steps: {fits[2]}"),
        },
    ):
        # Other rows are measured anew, on a machine that may be slower by now.
        again = checked_with(left_s=1.5 * left_s, **changed)
        assert isinstance(again, Passed) or again.failure.kind.value != "too-slow", again


def test_where_not_one_step_fits_it_says_so(fell):
    _, kind, said = fell(left_s=-1.0, on={"build_s": 60.0})
    assert kind == "too-slow"
    assert said.endswith("and 0 s are left for it: not one step fits. Finish with what there is.")


def test_a_step_that_needs_more_memory_than_allowed_is_refused(fell):
    stage, kind, said = fell(on={"memory_bytes": 1})
    assert (stage, kind) == ("fit", "out-of-memory")
    assert said.startswith(
        "A step on the longest rows does not fit in memory: lower per_device_train_batch_size (now 8;"
    )


def test_a_probe_that_leads_nowhere_is_called_diverged(fell):
    wild = "method: full\nlearning_rate: 0.1\nlr_scheduler_type: constant\n"
    wild += "max_steps: 99\nper_device_train_batch_size: 1\n"
    rng = random.Random(0)
    answers = ["".join(rng.choices(string.printable[:90], k=30)) for _ in range(200)]
    rows = [{"prompt": f"abc {at}", "completion": each} for at, each in enumerate(answers)]
    rows[0]["completion"] = "yes"
    stage, kind, said = fell(data=writing(rows), train=wild)
    assert (stage, kind) == ("probe", "diverged")
    assert re.match(r"In 4 steps the loss went from [\d.]+ to [\d.]+: lower learning_rate", said)
    assert said.endswith("(now 0.1) or lengthen the warm-up.")


def test_rows_that_the_scorer_cannot_read_are_refused_before_anything_is_trained(fell, toy):
    stage, kind, said = fell(data=toy.handed_in("mute", rows=200).data)
    assert (stage, kind) == ("data", "format-collapse")
    assert "can read none of the answers of these 200 rows, the first of which is 'hm'" in said


def test_a_probe_after_which_nothing_is_readable_is_a_format_collapse(fell):
    train = "method: full\nlearning_rate: 1e-3\nmax_steps: 99\n"
    rows = [{"prompt": f"word {at}!", "completion": "hm" if at else "yes"} for at in range(200)]
    forecast = Forecast()
    forecast.plan({}, base_due=[], base_is_slowest=False, base_readable=0.9)
    stage, kind, said = fell(data=writing(rows), train=train, on={"forecast": forecast})
    assert (stage, kind) == ("probe", "format-collapse")
    assert said.startswith(
        "After 4 steps none of 8 validation answers could be read, where the base"
    )


def test_the_same_data_are_built_once(checked_with, context):
    script = "import time\nprint(time.time_ns())\n" + writing([ROW])
    first, second = (checked_with(data=script).report.data for _ in range(2))
    assert first.log_tail == second.log_tail
    assert first.digest == second.digest
    (name, stored), *_ = context.data.stored.items()
    other = replace(context.data, stored={name: replace(stored, digest="other")})
    assert checked_with(data=script, on={"data": other}).report.data.log_tail != first.log_tail


def test_nothing_is_left_in_the_scratch_folder(checked_with, context):
    checked_with(data="raise SystemExit(1)")
    assert list(context.scratch.iterdir()) == []


def test_every_rung_is_told_when_it_is_reached(context, submitted):
    from ftdojo.checks import run_checks

    told = []
    run_checks(submitted(), context, left_s=600.0, on_stage=told.append)
    assert tuple(told) == STAGES
