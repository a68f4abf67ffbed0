"""Invented people, providers and numbers, each a function of a seed and a name: the same in every run, on every machine."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

Item = TypeVar("Item")

_LAST_NAMES = """
Abelard Ackerby Aldermoor Amberly Anselm Arkwell Ashgrove Averill Balfern Barrowby Bellwick Birchall Blanford Bramwell
Brightmoor Brockhurst Calderby Carrowell Castlen Chatwin Clayborne Coldbrook Corwell Cranmoor Dalewood Danvers Delacroft
Denholm Dovecote Dunmarsh Eastley Eddington Elmhurst Ennismore Everleigh Fairlamb Farnsby Fenwick Fieldgate Foxcroft
Garlandt Glenhollow Goldacre Grantley Greyfell Hadlow Halbrook Harkness Hartwell Hazelby Highmore Holloway Hawthorpe
Inglewood Irondale Jasperson Kelbrook Kestrel Kingsmere Kirkwood Lakehurst Langmoor Larkspur Lindholm Lockridge Lorimer
Maplewick Marbury Meadowes Merriwell Millbrand Moorcroft Nettleby Newbold Northcote Oakhanger Oldershaw Orchardy Oxenham
Pemberlow Penhallow Pinecroft Quarrington Quillby Ravenhill Redfern Ridgewell Rosendale Rushmere Saltmarsh Sandoval
Silverton Stonebridge Summerby Tamworth Thistledew Thornbury Underhill Vantrell Wainscot Waverly Westbrook Whitlock
Wildmere Winterby Woodrow Yarborough Yewdale Zellwood
""".split()
_FIRST_NAMES = {
    "F": """Ada Alma Beatrix Calla Clara Dahlia Daphne Delia Edith Elena Esther Faye Flora Greta Hazel Ida Imogen Iris
    Ivy Jana June Kaia Lena Lila Luz Mabel Mara Mina Nadia Nell Nora Odette Olive Opal Paloma Petra Rhea Rosa Ruth Sadie
    Selma Simone Tessa Thea Uma Vera Viola Wilma Yara Zora""".split(),
    "M": """Abel Alden Amos Anton Basil Bram Caleb Cedric Cyrus Dante Desmond Edgar Elias Emil Ezra Felix Floyd Gideon
    Gus Hector Homer Hugo Ira Ivan Jasper Joel Jonas Kurt Leif Leon Linus Lloyd Magnus Miles Milo Nico Nolan Omar Orson
    Otto Pablo Quentin Rafael Reuben Rufus Silas Simon Theo Tobias Victor""".split(),
}
_STREETS = (
    "Alder Birch Cedar Chestnut Cypress Dogwood Elm Hawthorn Hickory Juniper Laurel Linden Maple Poplar Spruce".split()
)
_PLACES = (
    ("Lakeside", "OH", "43440"),
    ("Northgate", "OH", "45251"),
    ("Fairview", "PA", "16415"),
    ("Milton", "FL", "32570"),
    ("Riverton", "UT", "84065"),
    ("Cedar Park", "TX", "78613"),
    ("Ashland", "KY", "41101"),
    ("Brookfield", "WI", "53045"),
)


def number(*names: object) -> int:
    """A large number made of the names: equal names, equal number."""
    text = "\x1f".join(str(one) for one in names)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def choose(items: Sequence[Item], *names: object) -> Item:
    """One of the items, as the names decide."""
    return items[number(*names) % len(items)]


def weighted(weights: dict[Item, int], *names: object) -> Item:
    """One of the keys, each as often as its weight says."""
    rest = number(*names) % sum(weights.values())
    for item, weight in weights.items():
        rest -= weight
        if rest < 0:
            return item
    raise AssertionError("the weights are used up")


def check_digit(first_nine: str) -> str:
    """The last digit of an NPI: Luhn over 80840 and the nine digits, which adds 24 (45 CFR 162.406)."""
    doubled = [int(digit) * 2 for digit in first_nine[::-2]]
    total = 24 + sum(one // 10 + one % 10 for one in doubled) + sum(int(digit) for digit in first_nine[-2::-2])
    return str(-total % 10)


def npi(*names: object) -> str:
    """A valid NPI that starts with 1; whether anybody holds it is not known."""
    first_nine = f"1{number('npi', *names) % 10**8:08d}"
    return first_nine + check_digit(first_nine)


def repaired_npi(text: str) -> str:
    """The NPI itself when it is valid; with a new check digit when that is all it lacks; else another one made of it."""
    if len(text) == 10 and text.isascii() and text.isdigit() and text[0] in "12":
        return text[:9] + check_digit(text[:9])
    return npi("repaired", text)


@dataclass(frozen=True, slots=True)
class Invented:
    """A person who does not exist. `ssn` is of a range never issued (it starts with 9)."""

    last_name: str
    first_name: str
    sex: str
    birth_date: date
    street: str
    city: str
    state: str
    postal_code: str
    member_id: str
    ssn: str


def person(*names: object, child: bool = False, on: date = date(2026, 6, 1)) -> Invented:
    """The person of these names: an adult of 18 to 88 years, or a child of 1 to 16, on the day `on`."""
    sex = choose(("F", "M"), "sex", *names)
    youngest, span = (366, 5480) if child else (6580, 25560)
    city, state, postal_code = choose(_PLACES, "place", *names)
    return Invented(
        last_name=choose(_LAST_NAMES, "last", *names),
        first_name=choose(_FIRST_NAMES[sex], "first", *names),
        sex=sex,
        birth_date=on - timedelta(days=youngest + number("born", *names) % span),
        street=f"{100 + number('house', *names) % 9800} {choose(_STREETS, 'street', *names)} Street",
        city=city,
        state=state,
        postal_code=postal_code,
        member_id=f"M{number('member', *names) % 10**10:010d}",
        ssn=f"9{number('ssn', *names) % 10**8:08d}",
    )
