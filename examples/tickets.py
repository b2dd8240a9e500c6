"""Made-up support tickets in a CSV: ``python examples/tickets.py tickets.csv --rows 400 --seed 0``.

Five queues, two languages, typing slips in every third ticket, and one ticket in ten that says too little or too much to
be told apart, whose queue is drawn among two. What a second reader who draws anew agrees on is printed: nobody can
score more on new tickets, save by luck.
"""

import argparse
import csv
import random
from pathlib import Path

CASES = {
    "billing": (
        [
            "I was charged twice for {thing}",
            "the invoice for {thing} shows the wrong amount",
            "my refund for {thing} never came",
            "your bill still lists {thing} that I cancelled",
            "why did the price of {thing} go up on my statement",
            "the direct debit for {thing} failed",
        ],
        [
            "{thing} wurde mir doppelt berechnet",
            "auf der Rechnung für {thing} stimmt der Betrag nicht",
            "die Erstattung für {thing} ist nie angekommen",
            "die Abbuchung für {thing} war zu hoch",
            "ich brauche eine korrigierte Rechnung über {thing}",
            "für {thing} fehlt mir die Quittung",
        ],
    ),
    "delivery": (
        [
            "{thing} has not arrived yet",
            "the courier left {thing} at the wrong house",
            "tracking for {thing} has not moved in days",
            "the parcel with {thing} came back to you",
            "only half of {thing} was in the box",
            "when will {thing} be shipped",
        ],
        [
            "{thing} ist noch nicht angekommen",
            "der Bote hat {thing} beim Nachbarn abgegeben",
            "die Sendungsverfolgung für {thing} steht still",
            "das Paket mit {thing} ging zurück",
            "in der Lieferung fehlt {thing}",
            "wann wird {thing} verschickt",
        ],
    ),
    "account": (
        [
            "I cannot sign in to order {thing}",
            "the password reset for {thing} never reaches me",
            "please change the e-mail address on file, I bought {thing}",
            "someone else logged into my profile and saw {thing}",
            "delete my profile, I only ever bought {thing}",
            "two-step login locks me out of {thing}",
        ],
        [
            "ich kann mich nicht anmelden, um {thing} zu bestellen",
            "das Zurücksetzen des Passworts für {thing} klappt nicht",
            "bitte ändern Sie die hinterlegte E-Mail, ich habe {thing} gekauft",
            "jemand hat sich in mein Profil eingeloggt, wo {thing} liegt",
            "löschen Sie mein Benutzerkonto mit {thing}",
            "die Anmeldung in zwei Schritten sperrt mich bei {thing} aus",
        ],
    ),
    "technical": (
        [
            "{thing} does not switch on any more",
            "{thing} makes a grinding noise and stops",
            "the app loses the connection to {thing}",
            "after the update {thing} shows an error code",
            "{thing} overheats within minutes",
            "the display of {thing} flickers",
        ],
        [
            "{thing} lässt sich nicht mehr einschalten",
            "{thing} brummt und bleibt stehen",
            "die App verliert die Verbindung zu {thing}",
            "nach dem Update zeigt {thing} einen Fehlercode",
            "{thing} wird nach Minuten zu heiß",
            "die Anzeige von {thing} flackert",
        ],
    ),
    "sales": (
        [
            "do you offer a discount on ten of {thing}",
            "is {thing} available in black",
            "which of your models compares best with {thing}",
            "could you send me a quote for {thing}",
            "does {thing} come with a longer warranty if I pay extra",
            "can I try {thing} before I buy",
        ],
        [
            "gibt es Rabatt auf zehn Stück von {thing}",
            "ist {thing} auch in Schwarz erhältlich",
            "welches Modell ist mit {thing} vergleichbar",
            "bitte schicken Sie mir ein Angebot für {thing}",
            "gibt es {thing} mit längerer Garantie",
            "kann ich {thing} vor dem Kauf testen",
        ],
    ),
}
UNCLEAR = (
    [
        "it still does not work with {thing}",
        "please call me back about {thing}",
        "same problem with {thing} as last time",
        "there is something wrong with {thing}",
    ],
    [
        "es klappt immer noch nicht mit {thing}",
        "bitte rufen Sie mich wegen {thing} zurück",
        "wieder das gleiche mit {thing}",
        "mit {thing} stimmt etwas nicht",
    ],
)
THINGS = (
    [
        "the coffee machine",
        "my desk lamp",
        "the garden hose",
        "our standing desk",
        "the blue kettle",
        "the robot mower",
        "a pair of headphones",
        "the kitchen scale",
        "the bike trailer",
        "the wall charger",
        "the air purifier",
        "the label printer",
    ],
    [
        "die Kaffeemaschine",
        "meine Schreibtischlampe",
        "der Gartenschlauch",
        "unser Stehpult",
        "der blaue Kessel",
        "der Mähroboter",
        "die Kopfhörer",
        "die Küchenwaage",
        "der Fahrradanhänger",
        "das Ladegerät",
        "der Luftreiniger",
        "der Etikettendrucker",
    ],
)
OPENINGS = (
    [
        "Hello,",
        "Hi team,",
        "Good morning,",
        "To whom it may concern:",
        "",
        "",
        "Hey,",
        "Dear support,",
    ],
    [
        "Hallo,",
        "Guten Tag,",
        "Sehr geehrte Damen und Herren,",
        "",
        "",
        "Moin,",
        "Liebes Team,",
        "Servus,",
    ],
)
DETAILS = (
    [
        "I ordered in {month}.",
        "The order number is {number}.",
        "This is the second time I write.",
        "I live in {town}.",
        "My neighbour has the same one.",
        "",
        "",
        "I have attached a photo.",
        "Customer no. {number}.",
        "We are a small office in {town}.",
    ],
    [
        "Bestellt habe ich im {month}.",
        "Die Bestellnummer ist {number}.",
        "Ich schreibe zum zweiten Mal.",
        "Ich wohne in {town}.",
        "Mein Nachbar hat dasselbe.",
        "",
        "",
        "Ein Foto hängt an.",
        "Kundennummer {number}.",
        "Wir sind ein kleines Büro in {town}.",
    ],
)
CLOSINGS = (
    [
        "Thanks!",
        "Please help.",
        "Best wishes",
        "",
        "",
        "I would like an answer this week.",
        "Regards",
        "This is urgent.",
    ],
    [
        "Danke!",
        "Bitte helfen Sie mir.",
        "Viele Grüße",
        "",
        "",
        "Ich bitte um Antwort in dieser Woche.",
        "MfG",
        "Es eilt.",
    ],
)
MONTHS = (["March", "May", "July", "October"], ["März", "Mai", "Juli", "Oktober"])
TOWNS = ["Leeds", "Graz", "Ghent", "Kiel", "Bern", "York", "Linz", "Cork"]


def slip(text, draw):
    """Return ``text`` with one typing slip: a letter lost, doubled or swapped with the next."""
    at = draw.randrange(len(text) - 1)
    return draw.choice(
        [
            text[:at] + text[at + 1 :],
            text[:at] + text[at] + text[at:],
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
        ]
    )


def ticket(draw):
    """Return the text of a ticket and the queues that a reader may put it in."""
    language = 0 if draw.random() < 0.6 else 1
    queues = [draw.choice(sorted(CASES))]
    case = draw.choice(CASES[queues[0]][language])
    if draw.random() < 0.1:
        queues = draw.sample(sorted(CASES), 2)
        both = [draw.choice(CASES[queue][language]) for queue in queues]
        case = draw.choice(
            [draw.choice(UNCLEAR[language]), (" and " if language == 0 else " und ").join(both)]
        )
    said = case.replace("{thing}", draw.choice(THINGS[language]))
    parts = [
        draw.choice(OPENINGS[language]),
        f"{said}.",
        draw.choice(DETAILS[language]),
        draw.choice(CLOSINGS[language]),
    ]
    text = " ".join(part for part in parts if part)
    text = text.replace("{month}", draw.choice(MONTHS[language])).replace(
        "{town}", draw.choice(TOWNS)
    )
    text = text.replace("{number}", str(draw.randrange(10_000, 99_999)))
    for _ in range(draw.choice([0, 0, 1, 2])):
        text = slip(text, draw)
    return text, queues


def write(path, rows, seed):
    """Write the CSV; return the share of rows on which a second reader agrees."""
    draw = random.Random(seed)
    made = [ticket(draw) for _ in range(rows)]
    with Path(path).open("w", newline="", encoding="utf8") as file:
        table = csv.writer(file)
        table.writerow(["ticket", "queue"])
        table.writerows((text, draw.choice(queues)) for text, queues in made)
    return sum(1 / len(queues) for _, queues in made) / rows


if __name__ == "__main__":
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("path", type=Path)
    options.add_argument("--rows", type=int, default=400)
    options.add_argument("--seed", type=int, default=0)
    asked = options.parse_args()
    agreed = write(asked.path, asked.rows, asked.seed)
    print(f"{asked.path}: {asked.rows} tickets; a second reader agrees on {agreed:.1%} of them")
