"""The documents are true in what a machine can check: links, commands, code and generated pages."""

import ast
import importlib.util
import re
import shlex
from pathlib import Path

import pytest
import typer

import ftdojo
from ftdojo.cli.main import app

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")]
EACH = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
MADE_BY_A_RUN = {"benchmarks/results"}


def fenced(text, *languages):
    """Return the contents of a page's code blocks in one of ``languages``."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [code for language, code in found if language in languages]


def commands(text):
    """Return the words after ``ftdojo`` of every command line in blocks and in running text."""
    lines = [line for block in fenced(text, "sh", "") for line in block.splitlines()]
    spans = re.findall(r"`(ftdojo [^`]+)`", " ".join(text.split()))
    also = [part.partition("also: ")[2] for part in lines]
    found = [re.match(r"(?:\w+=\S+ )*ftdojo (.+)", line) for line in [*lines, *spans, *also]]
    return [shlex.split(each[1], comments=True) for each in found if each]


def parse(words):
    """Parse a command as the program would, without running it; ``<id>`` and the like are plain words."""
    command, rest = typer.main.get_command(app), list(words)
    while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        command = command.commands[rest.pop(0)]
    if not {"-h", "--help", "--version"} & set(rest):
        command.make_context("ftdojo", rest)


@EACH
def test_every_link_inside_the_repository_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text("utf8"))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []


@EACH
def test_every_command_line_is_one_that_the_program_takes(page):
    for words in commands(page.read_text("utf8")):
        alone = words in (
            ["ask"],
            ["export"],
            ["play"],
            ["resume"],
            ["run"],
            ["tasks", "new"],
        )  # named, not shown
        assert alone or parse(words) is None, words


@EACH
def test_every_block_of_python_can_be_parsed(page):
    for code in fenced(page.read_text("utf8"), "python"):
        ast.parse(code)


@EACH
def test_every_name_of_the_package_that_is_shown_exists(page):
    for code in fenced(page.read_text("utf8"), "python"):
        for name in re.findall(r"\bftdojo\.(\w+)", code):
            assert hasattr(ftdojo, name) or importlib.util.find_spec(f"ftdojo.{name}"), name


@EACH
def test_every_file_that_is_named_exists(page):
    named = re.findall(
        r"`((?:src|docs|tests|examples|benchmarks|scripts)/[\w./-]+)`", page.read_text("utf8")
    )
    there = [name for name in named if name.rstrip("/") not in MADE_BY_A_RUN]
    assert [name for name in there if not (ROOT / name).exists()] == []


@EACH
def test_every_part_of_the_package_that_a_page_names_exists(page):
    assert [name for name in inside(page) if resolve(name) is None] == []


def test_the_trust_page_names_what_keeps_its_promises():
    assert len(inside(ROOT / "docs" / "trust.md")) > 15


def inside(page):
    """Return the ``room.module.name`` that a page names; ``room.json`` and the like are files of a run."""
    rooms = {path.name for path in (ROOT / "src" / "ftdojo").iterdir()}
    named = set(re.findall(r"`(\w+(?:\.\w+)+)`", page.read_text("utf8")))
    files = re.compile(r"\.(json|jsonl|md|html|py)$")
    return [
        name for name in sorted(named) if name.partition(".")[0] in rooms and not files.search(name)
    ]


def test_the_glossary_is_in_order_and_every_home_it_names_exists():
    text = (ROOT / "docs" / "glossary.md").read_text("utf8")
    rows = [row.strip("| ").split(" | ") for row in text.splitlines() if row.startswith("| ")][1:]
    words = [word.strip("`").casefold() for word, _, _ in rows]
    assert len(words) > 50
    assert words == sorted(words)
    assert [home for _, _, home in rows if resolve(home.strip("`")) is None] == []


def test_each_answer_to_where_do_i_put_names_a_file():
    text = (ROOT / "docs" / "where.md").read_text("utf8")
    answers = text.split("\n## ")[1:]
    assert len(answers) >= 10
    assert [each[:30] for each in answers if not re.search(r"`[\w/]+\.(py|md)`", each)] == []


def resolve(dotted):
    """Return what ``room.module.name`` means inside the package, attributes of classes included."""
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module("ftdojo." + ".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for name in parts[cut:]:
            found = getattr(found, name, None)
        return found
    return None


def test_the_agent_on_the_front_page_is_the_example():
    example = (ROOT / "examples" / "my_agent.py").read_text("utf8")
    assert example in fenced((ROOT / "README.md").read_text("utf8"), "python")


@pytest.mark.parametrize(
    ("script", "page"), [("train_options.py", "train-options.md"), ("cli.py", "cli.md")]
)
def test_a_generated_page_is_what_the_code_says(script, page):
    spec = importlib.util.spec_from_file_location("generator", ROOT / "docs" / script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = (ROOT / "docs" / page).read_text("utf8")
    assert found == module.page(), f"run `python docs/{script}`"


def test_the_page_of_commands_shows_a_call_of_every_command():
    shown = {tuple(words[:2]) for words in commands((ROOT / "docs" / "cli.md").read_text("utf8"))}
    for name, command in typer.main.get_command(app).commands.items():
        if hasattr(command, "commands"):
            assert {(name, inner) for inner in command.commands} <= shown, name
        else:
            assert any(words[0] == name for words in shown), name


def test_the_front_page_stays_short():
    assert len((ROOT / "README.md").read_text("utf8").splitlines()) <= 110


def test_every_part_of_the_results_names_the_command_that_measures_it_again():
    parts = re.split(r"^## ", (ROOT / "docs" / "results.md").read_text("utf8"), flags=re.MULTILINE)
    measured = [part for part in parts[1:] if "|---|" in part]
    assert len(measured) >= 4
    for part in measured:
        assert re.search(r"`[^`\n]*(make demo|python -m|ftdojo (run|bench)) ?", part), part[:60]


@pytest.mark.parametrize(
    "words",
    [
        ["runn", "math/mini"],
        ["run", "math/mini", "--bugdet", "8m"],
        ["export", "--to", "X"],
        ["run"],
    ],
)
def test_a_command_that_the_program_refuses_is_noticed(words):
    with pytest.raises(Exception, match=r"(?i)runn|bugdet|run|task"):
        parse(words)
