"""Help says what there is, and a wrong call is told what would be right."""

import pytest
import typer

from ftdojo.cli.main import app


def walk(command, *words):
    """Yield the words of ``command`` and of every command below it."""
    yield " ".join(words)
    for name, each in getattr(command, "commands", {}).items():
        yield from walk(each, *words, name)


COMMANDS = [*walk(typer.main.get_command(app))]
LISTINGS = ["runs list", "runs show", "runs compare", "tasks list", "tasks show", "tasks check"]
LISTINGS += ["sources list", "sources show", "models list", "models pull", "doctor", "bench"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_on_stdout_that_fits_80_columns(call, command, monkeypatch):
    ended = call(*command.split(), "--help", COLUMNS="80")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"Usage: {' '.join(['ftdojo', *command.split()])}")
    assert max(map(len, ended.out.splitlines())) <= 80
    lines = ended.out.splitlines()[1:]
    assert not [line for line in lines if line.endswith("...")], "a summary was cut short"


@pytest.mark.parametrize("command", [each for each in COMMANDS if each])
def test_help_of_the_level_above_names_the_command(call, command):
    *above, name = command.split()
    assert f"\n  {name} " in call(*above, "--help").out


@pytest.mark.parametrize("command", LISTINGS)
def test_every_listing_offers_json(call, command):
    assert "--json" in call(*command.split(), "-h").out


def test_help_keeps_what_stands_in_square_brackets(call):
    assert "org/name[@revision]" in call("models", "pull", "--help").out


def test_the_version_is_one_line(call):
    from ftdojo import __version__

    assert call("--version").out == f"ftdojo {__version__}\n"


@pytest.mark.parametrize("args", [[], ["tasks"], ["runs"]])
def test_nothing_asked_shows_the_help_as_talk(call, args):
    ended = call(*args)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("Usage: ftdojo")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (
            ["run", "math/mini", "--budgt", "3m"],
            "No such option: --budgt. Did you mean --budget? `ftdojo run --help` shows what is right.",
        ),
        (["rum"], "No such command 'rum'. Did you mean 'run', 'resume'? `ftdojo --help`"),
        (["tasks", "lst"], "No such command 'lst'. Did you mean 'list'? `ftdojo tasks --help`"),
        (["run"], "Missing argument 'task'. `ftdojo run --help`"),
        (["export", "x"], "Give either --to FOLDER"),
        (["run", "x", "--seed", "many"], "Invalid value for '--seed': "),
        (["run", "x", "--seed", "-1"], "Invalid value for '--seed': "),
        (["run", "x", "--max-experiments", "0"], "Invalid value for '--max-experiments': "),
        (["run", "x", "y"], "Got unexpected extra argument(s) (y). `ftdojo run --help`"),
        (["run", "x", "--model"], "Option '--model' requires an argument. `ftdojo --help`"),
    ],
)
def test_a_wrong_call_is_one_line_that_names_the_nearest_right_one(call, refused, args, said):
    assert refused(call(*args), code=2).startswith(said)
