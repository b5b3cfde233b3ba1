# SPDX-License-Identifier: PostgreSQL
"""Invented people with the columns and the errors of the Febrl data sets, as CSV: the same for the same number and seed.

usage: people.py ROWS [SEED]

As there, columns are drawn independently of each other: a suburb may have any postcode. Three rows of ten are duplicates of another one, each with one to four errors. The id says who it is: 17-0 is the original of person 17.
"""
import itertools
import random
import sys

COLUMNS = ("id", "given_name", "surname", "street_number", "address_1", "address_2", "suburb", "postcode", "state", "date_of_birth")
STATES = ("nsw", "vic", "qld", "wa", "sa", "tas", "act", "nt")
STATE_WEIGHTS = (34, 25, 20, 10, 7, 2, 1, 1)
ONSETS = ("b", "br", "c", "ch", "d", "f", "g", "gr", "h", "j", "k", "l", "m", "n", "p", "r", "s", "st", "t", "w")
VOWELS = ("a", "e", "i", "o", "u", "ai", "ee", "ou")
ENDS = ("", "n", "r", "l", "s", "ck", "th", "y")
LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Words:
    """Different words, of which the first are the most frequent ones (Zipf)."""

    def __init__(self, rng, count, syllables, exponent, suffixes=("",)):
        words = {}
        while len(words) < count:
            stem = "".join(rng.choice(ONSETS) + rng.choice(VOWELS) for _ in range(rng.choice(syllables)))
            words[stem + rng.choice(ENDS) + rng.choice(suffixes)] = None
        self.words = list(words)
        self.weights = list(itertools.accumulate(1 / (n + 10) ** exponent for n in range(count)))

    def draw(self, rng, count):
        return rng.choices(self.words, cum_weights=self.weights, k=count)


def typo(rng, text):
    """One letter or digit inserted, deleted, changed or swapped."""
    if not text:
        return text
    at, kind = rng.randrange(len(text)), rng.randrange(4)
    other = rng.choice("0123456789" if text[at].isdigit() else LETTERS)
    if kind == 0:
        return text[:at] + other + text[at:]
    if kind == 1 and len(text) > 1:
        return text[:at] + text[at + 1:]
    if kind == 2 and at + 1 < len(text):
        return text[:at] + text[at + 1] + text[at] + text[at + 2:]
    return text[:at] + other + text[at + 1:]


def corrupted(rng, row):
    row = list(row)
    for _ in range(rng.randint(1, 4)):
        at, kind = rng.randrange(len(row)), rng.random()
        if kind < 0.7:
            row[at] = typo(rng, row[at])
        elif kind < 0.85:
            row[at] = ""
        else:
            row[0], row[1] = row[1], row[0]
    return row


def people(rows, seed=1):
    """Rows of texts, in a random order."""
    rng = random.Random(seed)
    given, family = Words(rng, 3000, (1, 2), 0.9), Words(rng, 20000, (1, 2, 2), 0.9)
    streets = Words(rng, 10000, (2, 3), 0.5, (" street", " road", " place", " avenue", " crescent", " close"))
    houses = Words(rng, 60000, (2, 3), 0.3, (" village", " park", " lodge", " farm", " flats"))
    places = Words(rng, 4000, (2, 3), 0.6)
    originals = rows * 7 // 10
    first, last, street, house, place = (w.draw(rng, originals) for w in (given, family, streets, houses, places))
    made = []
    for i in range(originals):
        postcode, state = str(2000 + int(rng.triangular(0, 6000, 0))), rng.choices(STATES, STATE_WEIGHTS)[0]
        born = f"{rng.randrange(1930, 2010)}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}"
        row = [first[i], last[i], str(1 + int(rng.expovariate(1 / 40))), street[i], house[i] if rng.random() < 0.4 else "",
               place[i], postcode, state, born if rng.random() < 0.95 else ""]
        made.append((f"{i}-0", row))
    copies = {}
    for _ in range(rows - originals):
        person = rng.randrange(originals)
        copies[person] = copies.get(person, 0) + 1
        made.append((f"{person}-{copies[person]}", corrupted(rng, made[person][1])))
    rng.shuffle(made)
    for name, row in made:
        yield [name, *row]


def write(file, rows, seed=1):
    file.write(",".join(COLUMNS) + "\n")
    for row in people(rows, seed):
        file.write(",".join(row) + "\n")


if __name__ == "__main__":
    write(sys.stdout, *map(int, sys.argv[1:]))
