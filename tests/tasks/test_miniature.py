"""What all miniatures promise: the same items everywhere, nothing held out in a source, sources as good as their cards.

Right answers are worked out here anew from the text of a question, by other means than the generators'.
"""

import hashlib
import re
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdojo import tasks
from ftdojo.records import Message
from ftdojo.texts import Gate

SPLITS = {"validation": 100, "confirm": 100, "test": 300}
DIGESTS = {
    "tables/mini": "a956571830d5",
    "chemistry/mini": "74035149083b",
    "finance/mini": "e323a339e577",
    "patent/mini": "35d77f8e61c8",
}
NAMES = list(DIGESTS)
RIGHT = [
    ("tables/mini", "read-aloud", 1.0),
    ("tables/mini", "answer-sheet", 1.0),
    ("tables/mini", "flash-cards", 1.0),
    ("tables/mini", "quiz-night", 0.6),
    ("chemistry/mini", "inventories", 1.0),
    ("chemistry/mini", "catalogue", 1.0),
    ("chemistry/mini", "worksheets", 1.0),
    ("chemistry/mini", "lab-notes", 0.6),
    ("finance/mini", "solutions", 1.0),
    ("finance/mini", "answer-key", 1.0),
    ("finance/mini", "mock-exams", 1.0),
    ("finance/mini", "study-group", 0.6),
    ("patent/mini", "element-charts", 1.0),
    ("patent/mini", "decisions", 1.0),
    ("patent/mini", "training-files", 1.0),
    ("patent/mini", "drafts", 0.6),
]
UNREADABLE = [
    ("tables/mini", "remarks"),
    ("chemistry/mini", "captions"),
    ("finance/mini", "tutorials"),
    ("patent/mini", "letters"),
]
FEW = [
    ("tables/mini", "flash-cards", "read-aloud"),
    ("chemistry/mini", "worksheets", "inventories"),
    ("finance/mini", "mock-exams", "solutions"),
    ("patent/mini", "training-files", "element-charts"),
]


def answer_to_table(text):
    head, *rows, question = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    thing = next(each for each in head.split("|")[1:] if f" {each}" in question)
    cells = {row.split("|")[0]: int(row.split("|")[head.split("|").index(thing)]) for row in rows}
    if bound := re.search(r"more than (\d+)", question):
        return str(len([number for number in cells.values() if number > int(bound[1])]))
    if question.startswith("Who has"):
        ends = sorted(cells, key=lambda person: cells[person])
        return ends[-1] if " most " in question else ends[0]
    return str(cells[next(person for person in cells if f" {person}?" in question)])


def answer_to_molecule(text):
    smiles, wanted = re.findall(r": +?(\S+)", text)
    letters = {"hydroxyl": "O", "amine": "N", "chloride": "Cl", "fluoride": "F"}
    side = letters | {"bromide": "Br", "nitrile": "C#N"}
    count = smiles.count(f"({side.get(wanted, wanted)})")
    return f'{{"count": {count}}}'


def answer_to_calculation(text):
    stem, *options = [line for line in text.splitlines() if line.strip()]
    one, two, *three = map(int, re.findall(r"\d+", stem))
    if "interest," in stem and "%" in stem:
        value = one * two * three[0] / 100
    else:
        value = one / two if not three else one - two - three[0]
    (letter,) = [each[0] for each in options if int(each.split(".")[1]) == value]
    return f"Answer: {letter}"


def answer_to_claim(text):
    first, second = [line for line in text.splitlines() if line.strip()]
    claim = set(re.findall(r"[a-z]+", first.partition(":")[2]))
    documents = [set(re.findall(rf"([a-z]+) +{document}\b", second)) for document in "AB"]
    together = set.union(*documents)
    code = "103" if claim <= together else "ALLOW"
    return f'{{"code": "{"102" if any(claim <= each for each in documents) else code}"}}'


ORACLES = {
    "tables/mini": lambda text: f"Final Answer: {answer_to_table(text)}",
    "chemistry/mini": answer_to_molecule,
    "finance/mini": answer_to_calculation,
    "patent/mini": answer_to_claim,
}


@cache
def rows(name, source):
    (found,) = [each for each in tasks.get(name).sources if each.name == source]
    return [(row[found.prompt_field], row[found.response_field]) for row in found.rows()]


def held_out(name):
    task = tasks.get(name)
    return [item.messages[-1]["content"] for split in SPLITS for item in task.items(split)]


def chat(task, asked, answered):
    return (*task.prompt(asked), Message(role="assistant", content=answered))


@pytest.fixture(params=NAMES)
def name(request):
    if request.param == "chemistry/mini":
        pytest.importorskip("rdkit", reason="chemistry/mini builds its molecules with rdkit")
    return request.param


def test_the_items_are_the_same_ones_in_every_process(name):
    task, seen = tasks.get(name), hashlib.sha256()
    for split, count in SPLITS.items():
        assert len(task.items(split)) == count
        for item in task.items(split):
            seen.update(f"{item.id} {item.messages} {item.gold}".encode())
    assert seen.hexdigest()[:12] == DIGESTS[name]


def test_gold_is_what_the_question_says(name):
    task = tasks.get(name)
    for split in SPLITS:
        for item in task.items(split):
            right = ORACLES[name](item.messages[-1]["content"])
            assert item.gold.splitlines()[-1] == right
            assert task.grade(right, item).score == 1.0


@pytest.mark.parametrize(("name", "source", "share"), RIGHT)
def test_as_many_rows_of_a_source_are_right_as_the_documentation_says(name, source, share):
    found = rows(name, source)
    right = sum(ORACLES[name](asked) == said.strip().splitlines()[-1] for asked, said in found)
    assert right / len(found) == pytest.approx(share, abs=0 if share == 1 else 0.04)


@pytest.mark.parametrize(("name", "source"), UNREADABLE)
def test_a_source_in_another_format_teaches_what_cannot_be_read(name, source):
    task = tasks.get(name)
    item = task.items("validation")[0]
    assert not any(task.grade(said, item).readable for _, said in rows(name, source))


@pytest.mark.parametrize(("name", "source", "of"), FEW)
def test_repeated_rows_are_a_few_of_another_source_in_disguise(name, source, of):
    def plain(text):
        return " ".join(text.casefold().split())

    repeated = {plain(asked) for asked, _ in rows(name, source)}
    assert len(repeated) == 40
    assert repeated <= {plain(asked) for asked, _ in rows(name, of)}


def test_no_row_of_a_source_holds_a_held_out_question(name):
    task = tasks.get(name)
    gate = Gate.of(task, held_out(name))
    for source in task.sources:
        found = [chat(task, *pair) for pair in rows(name, source.name)]
        assert gate.overlap(enumerate(found)).rows == ()


def test_a_held_out_question_among_training_rows_is_found(name):
    task, asked = tasks.get(name), held_out(name)
    gate = Gate.of(task, asked)
    assert all(gate.leak(chat(task, question, "")) == "exact" for question in asked[::25])
    assert all(gate.leak(chat(task, f"Hello! {question}", "")) for question in asked[::25])


def test_a_constant_answer_wins_no_more_than_chance(name):
    task = tasks.get(name)
    items = task.items("test")
    answers = {item.gold.splitlines()[-1] for item in items}
    best = max(sum(task.grade(said, item).score for item in items) for said in answers)
    assert best / len(items) < 0.38


@pytest.mark.parametrize("name", NAMES)
@given(st.text() | st.text(alphabet='{}"count:codeFinal Answer0123456789ABCD \n,.'))
def test_any_text_has_a_grade(name, output):
    pytest.importorskip("rdkit")
    task = tasks.get(name)
    grade = task.grade(output, task.items("validation")[0])
    assert grade.score in (0.0, 1.0)
    assert grade.readable or grade.score == 0.0
    assert 0 <= grade.secondary["steps_right"] <= 1


@pytest.mark.parametrize("part", ["{", '{"count": ', "Final Answer: ", "1, ", "A ", "\n", "\ud800"])
def test_a_huge_answer_has_a_grade_too(name, part):
    task = tasks.get(name)
    item = task.items("validation")[0]
    assert task.grade(part * 300_000 + "\n" + item.gold, item).score == 1.0


@pytest.mark.parametrize(
    ("name", "source", "known"),
    [
        ("math/mini", "drills", 40),
        ("text/extract", "regulars", 50),
        ("tables/mini", "flash-cards", 40),
        ("finance/mini", "mock-exams", 40),
        ("patent/mini", "training-files", 40),
    ],
)
def test_a_source_that_repeats_asks_a_few_questions_in_several_guises(name, source, known):
    (found,) = (each for each in tasks.get(name).sources if each.name == source)
    asked = {row[found.prompt_field] for row in found.rows()}
    assert len({" ".join(text.split()).casefold() for text in asked}) == known
    assert len(asked) > 2 * known - 5
