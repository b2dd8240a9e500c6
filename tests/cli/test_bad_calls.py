"""Names and values that are wrong: one line each, before anything is spent."""

import pytest

RUN = ("run", "toy_yes:task", "--model", "tiny")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("run", "math/mimi"), "No task is called 'math/mimi'. Did you mean 'math/mini'? Known:"),
        (("tasks", "show", "x"), "No task is called 'x'. Known: "),
        (("tasks", "check", "x"), "No task is called 'x'."),
        (("sources", "list", "x"), "No task is called 'x'."),
        (("run", "nowhere:task"), "The task 'nowhere:task' (nowhere:task) cannot be imported: No"),
        (("run", "toy_yes:rows"), "'toy_yes:rows' is of type function, not a Task; name the"),
        (("run", "toy_yes:task", "--model", "tinny"), "No model is called 'tinny'. Did you mean"),
        (("models", "pull", "tinny"), "No model is called 'tinny'. Did you mean 'tiny'? Known:"),
        ((*RUN, "--agent", "explorre"), "No agent is called 'explorre'. Did you mean 'explorer'?"),
        ((*RUN, "--agent", "toy_yes:task"), "The agent 'toy_yes:task' does not take a seed and"),
        ((*RUN, "--agent", "toy_yes:grade"), "The agent 'toy_yes:grade' does not take a seed and"),
        ((*RUN, "--sandbox", "bubble"), "No sandbox is called 'bubble'. Did you mean 'bubblewrap'"),
        (("doctor", "--sandbox", "bubble"), "No sandbox is called 'bubble'. Did you mean"),
        (
            (*RUN, "--budget", "10"),
            "'10' is not a duration; write a number and a unit, such as 90s,",
        ),
        ((*RUN, "--budget", "0m"), "'0m' is not a duration; "),
        (
            (*RUN, "--max-disk", "10Q"),
            "'10Q' is not a size; write a number and a unit, such as 500M",
        ),
        ((*RUN, "--seed", 2**32), "seed=4294967296 must lie in 0 to 4294967295."),
        (
            (*RUN, "--name", "../up"),
            "'../up' is not a name for a run; use up to 100 letters, digits,",
        ),
        ((*RUN, "--chat-template", "chatlm"), "There is no chat template '"),
        (("play", "start", *RUN[1:], "--chat-template", "x"), "There is no chat template '"),
        (("resume", "nosuch"), "No run is called 'nosuch'. Known: "),
        (("report", "nosuch"), "No run is called 'nosuch'."),
        (("runs", "show", "nosuch"), "No run is called 'nosuch'."),
        (("export", "nosuch", "--to", "x"), "No run is called 'nosuch'."),
        (("export", "r", "--trajectory", "x", "--gguf"), "--merge, --gguf and --experiment are"),
        (("export", "r", "--to", "x", "--trajectory-form", "chat"), "--trajectory-form is about"),
        (("say", "nosuch", "Be brief."), "No run is called 'nosuch'."),
        (("say", "nosuch"), "Nothing was said; give a text, or --require with a condition."),
    ],
)
def test_a_wrong_name_or_value_is_one_line_with_exit_code_2(call, refused, args, said):
    assert refused(call(*args), code=2).startswith(said)


def test_an_unknown_source_is_answered_with_the_nearest_one(call, refused):
    line = refused(call("sources", "show", "toy_yes:task", "anwsers"), code=2)
    assert line.startswith("No source is called 'anwsers'. Did you mean 'answers'?")
    assert line.endswith("`ftdojo sources list toy_yes:task` shows them.")


def test_nothing_is_said_to_a_run_that_has_ended(call, refused, learned):
    line = refused(call("say", "learned", "Be brief."), code=2)
    assert line == "The run learned has ended; nobody listens any more."


def test_a_run_is_answered_with_the_nearest_one(call, refused, learned):
    line = refused(call("runs", "show", "lerned"), code=2)
    assert line.startswith("No run is called 'lerned'. Did you mean 'learned'?")


def test_a_name_that_is_taken_is_refused_and_nothing_is_lost(call, refused, learned, home):
    before = (home / "runs" / "learned" / "run.json").read_bytes()
    line = refused(call(*RUN, "--agent", "toy_yes:Idler", "--name", "learned", "--quiet"), code=1)
    assert line.endswith(
        "exists and is not empty. Go on with it by `ftdojo resume learned`, or choose another id."
    )
    assert (home / "runs" / "learned" / "run.json").read_bytes() == before


def test_a_budget_too_small_for_one_experiment_says_how_much_is_needed(call, refused, learned):
    asked = (*RUN, "--agent", "toy_yes:Idler", "--budget", "1s", "--name", "poor", "--quiet")
    line = refused(call(*asked), code=1)
    assert line.startswith("A budget of 1 s does not allow one experiment here: ")
    assert "`ftdojo resume poor --budget " in line


@pytest.mark.parametrize("args", [(*RUN, "--agent", "toy_yes:Idler", "--quiet"), ("doctor",)])
def test_a_number_format_that_is_none_is_one_line(call, refused, args):
    line = refused(call(*args, FTDOJO_LOW_PRECISION="half"), code=2)
    assert line.startswith("FTDOJO_LOW_PRECISION=half says neither yes nor no; set it to 1 or 0,")


@pytest.mark.parametrize("closed", ["/dev/null/below", "/proc/nowhere"])
def test_a_folder_of_runs_that_cannot_be_written_is_named(call, refused, learned, closed):
    asked = (*RUN, "--agent", "toy_yes:Idler", "--name", "x", "--quiet")
    line = refused(call(*asked, FTDOJO_HOME=closed), code=1)
    assert line.startswith(f"{closed}/x cannot be written (")


@pytest.mark.parametrize("closed", ["/dev/null/below", "/proc/nowhere"])
@pytest.mark.parametrize(
    "args",
    [
        ("models", "pull", "tiny"),
        (*RUN, "--agent", "toy_yes:Idler", "--name", "x", "--quiet"),
        ("resume", "learned", "--quiet"),
        ("export", "learned", "--to", "/nowhere", "--merge"),
    ],
    ids=lambda args: args[0],
)
def test_a_cache_that_cannot_be_written_is_named(call, refused, learned, closed, args):
    line = refused(call(*args, FTDOJO_CACHE=closed), code=1)
    assert line.startswith(f"{closed}/models cannot be written (")
    assert line.endswith("; set FTDOJO_CACHE to a folder on another disk.")


def test_a_target_of_an_export_that_cannot_be_written_is_named(call, refused, learned):
    line = refused(call("export", "learned", "--to", "/proc/nowhere"), code=1)
    reason = "(No such file or directory); name a folder on another disk."
    assert line == f"/proc/nowhere cannot be written {reason}"
