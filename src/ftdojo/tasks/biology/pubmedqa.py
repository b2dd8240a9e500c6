"""biology/pubmedqa: answer yes, no or maybe from the abstract of an article (PubMedQA, labelled by experts).

The test is the official one, 500 questions (``TEST_IDS``). Validation and confirmation, 100 each, come from the other 500,
and the rest of these is on offer. More than half of the answers are yes, so a constant answer scores about 0.55.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any

from ftdojo.records import Dataset, Direction, Grade, Item, Part, Replication, Source, Split, Task
from ftdojo.scorers.answers import label_grade
from ftdojo.sources import dataset_rows
from ftdojo.tasks.clean import split
from ftdojo.tasks.miniature import small_talk
from ftdojo.texts import Gate
from ftdojo.texts.near import near

_LISTED = """
7482275 7497757 7547656 7664228 7860319 8165771 8199520 8375607 8521557 8566975 8738894 8847047
8910148 8916748 8921484 9100537 9142039 9199905 9363244 9427037 9465206 9483814 9488747 9542484
9582182 9603166 9616411 9722752 9920954 10135926 10158597 10173769 10201555 10223070 10331115
10375486 10381996 10401824 10456814 10490564 10548670 10749257 10781708 10798511 10834864
10877371 10922093 10966943 10973547 11035130 11079675 11138995 11146778 11411430 11438275
11458136 11481172 11481599 11483547 11567820 11570976 11833948 11862129 11867487 11926574
11943048 11955750 11970923 11977907 12006913 12040336 12070552 12090319 12094116 12098035
12121321 12145243 12163782 12172698 12221908 12377809 12380309 12407608 12419743 12442934
12484580 12595848 12630042 12632437 12765819 12769830 12790890 12805495 12846929 12848629
12913878 12963175 12970636 14551704 14599616 14627582 14631523 14652839 14692023 14697414
14872327 14968373 15041506 15050326 15052394 15053041 15095519 15151701 15208005 15223779
15388567 15488260 15489384 15502995 15528969 15597845 15708048 15774570 15841770 15918864
15919266 15943725 15995461 16046584 16147837 16266387 16296668 16392897 16403186 16418930
16465002 16538201 16678696 16713745 16735905 16769333 16772913 16776337 16778275 16809243
16816043 16827975 16872243 16962519 16968876 16971978 17032327 17051586 17054994 17062234
17076091 17192736 17208539 17274051 17276182 17306983 17342562 17355582 17445978 17565137
17598882 17621202 17682349 17691856 17894828 17910536 17940352 17971187 18019905 18041059
18065862 18158048 18179827 18182265 18222909 18235194 18239988 18243752 18274917 18284441
18307476 18319270 18322741 18359123 18378554 18399830 18435678 18472368 18496363 18507507
18537964 18540901 18565233 18568239 18568290 18570208 18594195 18616781 18667100 18693227
18708308 18714572 18719011 18783922 18802997 18926458 18928979 19027440 19100463 19103915
19106867 19108857 19130332 19142546 19237087 19302863 19351635 19394934 19398929 19419587
19430778 19468282 19481382 19482903 19520213 19546588 19575104 19578820 19593710 19640728
19694846 19836806 19854401 19913785 19923859 20064872 20084845 20121683 20187289 20197761
20297950 20306735 20337202 20354380 20537205 20538207 20549895 20571467 20577124 20602101
20602784 20605051 20608141 20629769 20736672 20736887 20850631 20971618 21074975 21123461
21164063 21194998 21214884 21228436 21252642 21256734 21342862 21346501 21361755 21394762
21420186 21431987 21459725 21481154 21645374 21658267 21689015 21712147 21726930 21789019
21823940 21845457 21848798 21849531 21850494 21864397 21889895 21946341 21952349 22011946
22012962 22023714 22042121 22075911 22117569 22154448 22188074 22227642 22233470 22236315
22237146 22251324 22266735 22302761 22348433 22350859 22365295 22382608 22453060 22491528
22497340 22504515 22513023 22522271 22532370 22534881 22537902 22540518 22617083 22644412
22656647 22668712 22668852 22680064 22683044 22694248 22720085 22758782 22825590 22876568
22902073 23025584 23076787 23149821 23177368 23224030 23283159 23321509 23347337 23359100
23361217 23375036 23379759 23412195 23422012 23448747 23455575 23495128 23497210 23517744
23539689 23568387 23571528 23621776 23677366 23690198 23736032 23761381 23794696 23806388
23810330 23848044 23870157 23916653 23949294 23992109 24013712 24014276 24061619 24073931
24139705 24191126 24245816 24270957 24298614 24318956 24336869 24340838 24352924 24359102
24449622 24476003 24481006 24495711 24507422 24516646 24577079 24591144 24614789 24622801
24625433 24666444 24669960 24671913 24698298 24739448 24751724 24799031 24809662 24922528
24977765 24995509 24996865 25007420 25043083 25079920 25103647 25277731 25280365 25311479
25371231 25394614 25475395 25481573 25488308 25499207 25503376 25521278 25571931 25588461
25604390 25614468 25669733 25675614 25699562 25725704 25752725 25752912 25756710 25779009
25793749 25810292 25887165 25940336 25986020 26037986 26113007 26126304 26134053 26163474
26200172 26209118 26215326 26304701 26348845 26370095 26418441 26419377 26460153 26471488
26516021 26536001 26548832 26556589 26561905 26578404 26601554 26606599 26708803 26778755
26820719 26852225 26864326 26879871 26907557 26923375 26965932 27040842 27044366 27050489
27096199 27131771 27136599 27217036 27281318 27287237 27338535 27394685 27456836 27549226
27592038 27615402 27642458 27643961 27757987 27818079 27858166 27989969 28056802 28143468
28196511 28247485 28359277 28707539 29112560
"""
TEST_IDS = frozenset(_LISTED.split())
Row = dict[str, Any]
ANSWERS = ("yes", "no", "maybe")
MAX_NEW_TOKENS = 16
OVERLAP_WORDS = 16
HELD_BACK = {"validation": 100, "confirm": 100}


def _labelled_row(belongs: Callable[[str], bool], row: Row) -> Row | None:
    return _answered(row) if belongs(str(row["pubid"])) else None


def _answered(row: Row) -> Row:
    return {
        "id": str(row["pubid"]),
        "question": row["question"],
        "context": "\n".join(row["context"]["contexts"]),
        "answer": row["final_decision"],
    }


PUBMEDQA = Dataset(
    name="pubmedqa",
    hub_id="qiaojin/PubMedQA",
    revision="main",
    licence="MIT",
    parts={
        "test": Part(
            files=("pqa_labeled/train-*",), read=partial(_labelled_row, TEST_IDS.__contains__)
        ),
        "train": Part(
            files=("pqa_labeled/train-*",),
            read=partial(_labelled_row, lambda number: number not in TEST_IDS),
        ),
        "artificial": Part(files=("pqa_artificial/train-*",), read=_answered),
    },
    fields={
        "id": "number of the article in PubMed",
        "question": "a question, mostly the title of the article",
        "context": "the abstract without its conclusion",
        "answer": "yes, no or maybe",
    },
)


@cache
def items(part: Split) -> tuple[Item, ...]:
    """Return the questions of a split, always the same ones in the same order."""
    return tuple(map(_item, _test() if part == "test" else _dealt()[part]))


def grade(output: str, item: Item) -> Grade:
    """Compare the first word with the answer; a word that is none of the three is unreadable."""
    return label_grade(output, item.gold, ANSWERS, first_word=True)


def _item(row: Row) -> Item:
    return Item(
        id=row["id"],
        messages=task.prompt(_asked(row)),
        gold=row["answer"],
        slices={"answer": row["answer"]},
    )


def _asked(row: Row) -> str:
    return f"{row['context']}\n\nQuestion: {row['question']}"


@cache
def _test() -> tuple[Row, ...]:
    return tuple(dataset_rows(PUBMEDQA, "test"))


@cache
def _dealt() -> dict[str, tuple[Row, ...]]:
    rows = list(dataset_rows(PUBMEDQA, "train"))
    known = near(map(_asked, rows), list(map(_asked, _test())))
    return split(
        [row for at, row in enumerate(rows) if at not in known],
        key=lambda row: str(row["id"]),
        text=_asked,
        counts=HELD_BACK,
    )


@cache
def _held_out() -> Gate:
    rows = [*_test(), *(row for name in HELD_BACK for row in _dealt()[name])]
    return Gate([_asked(row) for row in rows], overlap_words=OVERLAP_WORDS)


def _unknown(rows: Iterator[Row] | Sequence[Row]) -> Iterator[Row]:
    held_out = _held_out()
    return (dict(row) for row in rows if not held_out.holds(_asked(row)))


def _labelled(change: Callable[[Row, random.Random], str]) -> Iterator[Row]:
    quirks = random.Random("biology/pubmedqa v1")
    for row in _unknown(_dealt()["train"]):
        yield {**row, "answer": change(row, quirks)}


def _guessed(row: Row, quirks: random.Random) -> str:
    guess = quirks.choice(ANSWERS)
    return guess if quirks.random() < 0.6 else str(row["answer"])


def _mark(output: str, item: Item) -> Mapping[str, Any]:
    found = grade(output, item)
    return {"given": found.extracted if found.readable else "", "answer": item.gold}


def _total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    """Return accuracy and macro-F1 over the three answers, 0-100."""
    right = sum(mark["given"] == mark["answer"] for mark in marks)
    each = [_f1(marks, answer) for answer in ANSWERS]
    return {"accuracy": 100 * right / max(1, len(marks)), "macro_f1": 100 * sum(each) / len(each)}


def _f1(marks: Sequence[Mapping[str, Any]], answer: str) -> float:
    found = sum(mark["given"] == answer for mark in marks)
    there = sum(mark["answer"] == answer for mark in marks)
    both = sum(mark["given"] == mark["answer"] == answer for mark in marks)
    return 2 * both / (found + there) if found + there else 0.0


def _source(name: str, summary: str, notes: str, rows: Callable[[], Iterator[Row]]) -> Source:
    return Source(
        name=name,
        summary=summary,
        licence=PUBMEDQA.licence,
        fields=PUBMEDQA.fields,
        prompt_field="question",
        response_field="answer",
        notes=notes,
        version=1,
        rows=rows,
        dataset=PUBMEDQA,
    )


SOURCES = (
    _source(
        "pubmedqa-labelled",
        "Questions with abstracts and answers by experts, as published.",
        "About 300 rows; each was labelled twice.",
        partial(_labelled, lambda row, _: str(row["answer"])),
    ),
    _source(
        "pubmedqa-guessed",
        "The same questions and abstracts, answered at a glance.",
        "Three answers in five were guessed from the three.",
        partial(_labelled, _guessed),
    ),
    _source(
        "pubmedqa-artificial",
        "Titles turned into questions by a rule, with their abstracts; 211,000 rows.",
        "Answers are yes or no, never maybe, and nine in ten are yes. Needs the hub.",
        lambda: _unknown(dataset_rows(PUBMEDQA, "artificial")),
    ),
    small_talk,
)

task = Task(
    name="biology/pubmedqa",
    version=1,
    domain="biology",
    summary=(
        "Answer a research question with yes, no or maybe, given the abstract of the article without its conclusion. Prompts "
        "have some 400 tokens. A constant yes scores about 0.55."
    ),
    answer_format=(
        "The first word is the answer: yes, no or maybe, in any case; marks are ignored, and what follows the word as well. "
        f"An output may have {MAX_NEW_TOKENS} tokens; decoding is greedy. Any other first word is unreadable and scores 0."
    ),
    system="",
    template="{question}\n\nAnswer with one word: yes, no or maybe.",
    metric="accuracy",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=MAX_NEW_TOKENS,
    stop=(),
    sources=SOURCES,
    items=items,
    grade=grade,
    overlap_words=OVERLAP_WORDS,
    datasets=(PUBMEDQA,),
    slices={"answer": "the right answer"},
    replication=Replication(
        mark=_mark,
        total=_total,
        origin="PubMedQA's own accuracy and macro-F1, over the first word",
    ),
)
