"""finance/banking77: what does a bank's customer want? One of 77 intents.

Short messages and a clear signal: a small model learns this from a thousand rows in minutes. Ours: 400 messages of the
official test part are the test (all 3,080 are ``finance/banking77@reference``, which is slow on two cores); validation and
confirmation, 150 each, come from the official training part, and the rest of it is on offer in several conditions.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from ftdojo.records import (
    Dataset,
    Direction,
    Grade,
    Item,
    Message,
    Part,
    Replication,
    Source,
    Split,
    Task,
)
from ftdojo.scorers.answers import label_grade
from ftdojo.sources import dataset_rows
from ftdojo.tasks.clean import split as split_records
from ftdojo.tasks.miniature import small_talk
from ftdojo.texts import Gate
from ftdojo.texts.near import near

INTENTS = (
    "activate_my_card",
    "age_limit",
    "apple_pay_or_google_pay",
    "atm_support",
    "automatic_top_up",
    "balance_not_updated_after_bank_transfer",
    "balance_not_updated_after_cheque_or_cash_deposit",
    "beneficiary_not_allowed",
    "cancel_transfer",
    "card_about_to_expire",
    "card_acceptance",
    "card_arrival",
    "card_delivery_estimate",
    "card_linking",
    "card_not_working",
    "card_payment_fee_charged",
    "card_payment_not_recognised",
    "card_payment_wrong_exchange_rate",
    "card_swallowed",
    "cash_withdrawal_charge",
    "cash_withdrawal_not_recognised",
    "change_pin",
    "compromised_card",
    "contactless_not_working",
    "country_support",
    "declined_card_payment",
    "declined_cash_withdrawal",
    "declined_transfer",
    "direct_debit_payment_not_recognised",
    "disposable_card_limits",
    "edit_personal_details",
    "exchange_charge",
    "exchange_rate",
    "exchange_via_app",
    "extra_charge_on_statement",
    "failed_transfer",
    "fiat_currency_support",
    "get_disposable_virtual_card",
    "get_physical_card",
    "getting_spare_card",
    "getting_virtual_card",
    "lost_or_stolen_card",
    "lost_or_stolen_phone",
    "order_physical_card",
    "passcode_forgotten",
    "pending_card_payment",
    "pending_cash_withdrawal",
    "pending_top_up",
    "pending_transfer",
    "pin_blocked",
    "receiving_money",
    "Refund_not_showing_up",
    "request_refund",
    "reverted_card_payment?",
    "supported_cards_and_currencies",
    "terminate_account",
    "top_up_by_bank_transfer_charge",
    "top_up_by_card_charge",
    "top_up_by_cash_or_cheque",
    "top_up_failed",
    "top_up_limits",
    "top_up_reverted",
    "topping_up_by_card",
    "transaction_charged_twice",
    "transfer_fee_charged",
    "transfer_into_account",
    "transfer_not_received_by_recipient",
    "transfer_timing",
    "unable_to_verify_identity",
    "verify_my_identity",
    "verify_source_of_funds",
    "verify_top_up",
    "virtual_card_not_working",
    "visa_or_mastercard",
    "why_verify_identity",
    "wrong_amount_of_cash_received",
    "wrong_exchange_rate_for_cash_withdrawal",
)
Row = dict[str, Any]
NAME = "finance/banking77"
MAX_NEW_TOKENS = 16
OVERLAP_WORDS = 10
TEST = {"test": 400}
HELD_BACK = {"validation": 150, "confirm": 150}
SWAPPED = 0.4


def _intent(row: Row) -> Row:
    return {"text": row["text"].strip(), "label": row.get("label_text") or row["label"]}


BANKING77 = Dataset(
    name="banking77",
    hub_id="mteb/banking77",
    revision="main",
    licence="CC BY 4.0",
    parts={
        "train": Part(files=("train.jsonl", "data/train-*"), read=_intent),
        "test": Part(files=("test.jsonl", "data/test-*"), read=_intent),
    },
    fields={"text": "a customer's message", "label": "its intent, one of 77 names"},
)


@cache
def items(split: Split) -> tuple[Item, ...]:
    """Return the messages of ``split``, always the same ones in the same order."""
    rows = _test() if split == "test" else _dealt()[split]
    return tuple(_item(f"{split}-{at:03}", row) for at, row in enumerate(rows))


def reference_items(split: Split) -> tuple[Item, ...]:
    """Return the whole official test part; there is no official validation part."""
    rows = dataset_rows(BANKING77, "test") if split == "test" else iter(())
    return tuple(_item(f"official-{at:04}", row) for at, row in enumerate(rows))


def grade(output: str, item: Item) -> Grade:
    """Compare the first line with the right label; a line that is none of the 77 labels is unreadable."""
    return label_grade(output, item.gold, INTENTS)


def _item(name: str, row: Row) -> Item:
    topic = next(
        (word for word in ("card", "transfer", "top_up", "cash") if word in row["label"]), ""
    )
    return Item(
        id=name,
        messages=task.prompt(row["text"]),
        gold=row["label"],
        slices={"topic": topic or "other"},
    )


@cache
def _test() -> tuple[Row, ...]:
    return _deal(list(dataset_rows(BANKING77, "test")), TEST)["test"]


@cache
def _dealt() -> dict[str, tuple[Row, ...]]:
    """Return the official training part, dealt, without what comes near the whole official test part."""
    asked = [row["text"] for row in dataset_rows(BANKING77, "test")]
    rows = list(dataset_rows(BANKING77, "train"))
    known = near((row["text"] for row in rows), asked)
    return _deal([row for at, row in enumerate(rows) if at not in known], HELD_BACK)


def _deal(rows: list[Row], counts: Mapping[str, int]) -> dict[str, tuple[Row, ...]]:
    return split_records(
        rows, key=lambda row: str(row["text"]), text=lambda row: str(row["text"]), counts=counts
    )


@cache
def _gate() -> Gate:
    held_back = (row for name in HELD_BACK for row in _dealt()[name])
    return Gate([row["text"] for row in (*_test(), *held_back)], overlap_words=OVERLAP_WORDS)


@cache
def _train() -> tuple[Row, ...]:
    return tuple(row for row in _dealt()["train"] if not _gate().holds(row["text"]))


def _true(row: Row, _: random.Random) -> str:
    return str(row["label"])


def _careless(row: Row, quirks: random.Random) -> str:
    other = quirks.choice(INTENTS)
    return other if quirks.random() < SWAPPED else str(row["label"])


def _sentence(row: Row, quirks: random.Random) -> str:
    start = quirks.choice(("The customer asks about", "This is about", "Intent found:"))
    return f"{start} {row['label'].replace('_', ' ')}."


LABELLED: Mapping[str, Callable[[Row, random.Random], str]] = {
    "banking77-train": _true,
    "banking77-careless": _careless,
    "banking77-sentences": _sentence,
}
"""What each source says of a message."""


def _rows(name: str) -> Iterator[Row]:
    """Yield the messages as a source labels them, all sources the same ones."""
    given_away = frozenset().union(*map(_given_away, LABELLED))
    for at, row in enumerate(_labelled(name)):
        if at not in given_away:
            yield row


def _labelled(name: str) -> Iterator[Row]:
    quirks = random.Random(f"{NAME} {name} v1")
    for row in _train():
        yield {"text": row["text"], "label": LABELLED[name](row, quirks)}


@cache
def _given_away(name: str) -> frozenset[int]:
    """Return the messages that are held out together with a label, which may bring the words that were missing.

    A message alone has passed in ``_train``; of labels there are few.
    """
    label_held = cache(_gate().holds)
    rows = enumerate(_labelled(name))
    return frozenset(
        at for at, row in rows if label_held(row["label"]) or _gate().leak(_turns(row))
    )


def _turns(row: Row) -> list[Message]:
    return [Message(role="user", content=str(row[field])) for field in ("text", "label")]


def _source(name: str, *, summary: str, notes: str) -> Source:
    return Source(
        name=name,
        summary=summary,
        licence=BANKING77.licence,
        fields=BANKING77.fields,
        prompt_field="text",
        response_field="label",
        notes=notes,
        version=2,
        rows=lambda: _rows(name),
        dataset=BANKING77,
    )


def reference_total(marks: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    """Return the accuracy, 0-100."""
    return {"accuracy": 100 * sum(mark["correct"] for mark in marks) / max(1, len(marks))}


SOURCES = (
    _source(
        "banking77-train",
        summary="Customers' messages with their intents, as published.",
        notes="About 9,500 rows, 20 to 180 an intent. A few labels are disputable; the names are the ones asked for.",
    ),
    _source(
        "banking77-careless",
        summary="The same messages, labelled by people in a hurry.",
        notes="Two labels in five were swapped for a random one.",
    ),
    _source(
        "banking77-sentences",
        summary="The same messages, each with a sentence that says what it is about.",
        notes="Intents are right, but written as words in a sentence and not as the label's name.",
    ),
    small_talk,
)

task = Task(
    name=NAME,
    version=1,
    domain="finance",
    summary=(
        "Name the intent of a message that a customer wrote to a bank, one of 77. The prompt does not list them, for the "
        "list alone takes some 600 tokens, so a model must learn the names from training rows. A constant answer scores "
        "about 0.02. The intents are: " + ", ".join(INTENTS) + "."
    ),
    answer_format=(
        "The name of the intent as the first line, as in card_arrival; case and everything but letters and digits are "
        f"ignored. An output may have {MAX_NEW_TOKENS} tokens; decoding is greedy. A line that is none of the 77 names, such as "
        "a sentence, is unreadable and scores 0."
    ),
    system="",
    template="Name the intent of this message to a bank.\n\n{question}",
    metric="accuracy",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=MAX_NEW_TOKENS,
    stop=(),
    sources=SOURCES,
    items=items,
    grade=grade,
    overlap_words=OVERLAP_WORDS,
    datasets=(BANKING77,),
    slices={"topic": "a word in the intent's name: card, transfer, top_up, cash, or other"},
    replication=Replication(
        mark=lambda output, item: {"correct": grade(output, item).score == 1.0},
        total=reference_total,
        origin="no evaluator is published: the same rule",
        items=reference_items,
    ),
)
