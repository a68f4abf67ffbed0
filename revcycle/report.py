"""The closing report: what every stage did, and the proof that the book ties out."""

from collections.abc import Mapping
from typing import Any

import httpx
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from revcycle.demo.board import dollars, stage_table
from revcycle.demo.tally import Tally

PROOF_ROWS = (
    ("Charges", "charge_cents"),
    ("= paid by payers", "paid_cents"),
    ("+ adjusted", "adjusted_cents"),
    ("+ paid by patients", "patient_paid_cents"),
    ("+ written off", "written_off_cents"),
    ("+ denials given up", "denials_written_off_cents"),
    ("+ outstanding at payers", "insurance_cents"),
    ("+ outstanding at patients", "patient_cents"),
    ("+ paid by other parties", "other_paid_cents"),
    ("+ agreed reductions", "reduced_cents"),
    ("+ outstanding at other parties", "other_cents"),
)

CASH_ROWS = (
    ("Deposits reassociated", "deposits_reassociated"),
    ("Deposits without remittance", "deposits_without_remittance"),
    ("Remittances without deposit", "remittances_without_deposit"),
    ("Card payments", "card_payments"),
    ("Card payments disputed", "card_payments_disputed"),
    ("Checks and cash entered", "payments_entered"),
    ("Shifts at tills closed", "shifts_closed"),
    ("Refunds issued", "refunds"),
    ("Credits open", "credits_open"),
)
CASH_BALANCES = (
    ("On the bank account", "bank", 1),
    ("With the card processor", "processor", 1),
    ("Not deposited yet", "undeposited", 1),
    ("Short at tills", "over_short", 1),
    ("Patients paid, by the cash book", "patient_money", -1),
)

WAITING = ("parked", "waiting", "effects_stuck", "dead_letters", "out_of_balance")

Proof = Mapping[str, Any]


async def read_proofs(payments_url: str, tokens: Mapping[str, str]) -> dict[str, Proof]:
    """Each tenant's ledger proof, recomputed by the payments service from its journal."""
    proofs: dict[str, Proof] = {}
    async with httpx.AsyncClient(timeout=120, trust_env=False) as client:
        for tenant, token in tokens.items():
            answer = await client.get(f"{payments_url}/ledger/proof", headers={"authorization": f"Bearer {token}"})
            answer.raise_for_status()
            proofs[tenant] = answer.json()
    return proofs


def proof_table(proofs: Mapping[str, Proof]) -> Table:
    """Charges and where they went, to the cent, a column for each tenant."""
    table = Table(title="Ledger proof", title_justify="left", box=None, header_style="bold")
    table.add_column("")
    for tenant in proofs:
        table.add_column(tenant, justify="right")
    for label, field in PROOF_ROWS:
        table.add_row(label, *(dollars(proof["totals"][field]) for proof in proofs.values()))
    for label, field in (("Debits", "debits_cents"), ("Credits", "credits_cents")):
        table.add_row(label, *(dollars(proof[field]) for proof in proofs.values()))
    table.add_row("Ties out", *("yes" if proof["proved"] else "NO" for proof in proofs.values()), style="bold")
    return table


def cash_table(proofs: Mapping[str, Proof]) -> Table:
    """The cash book beside the ledger: what met at the bank, what did not, and that patients paid the same in both."""
    table = Table(title="Cash book", title_justify="left", box=None, header_style="bold")
    table.add_column("")
    for tenant in proofs:
        table.add_column("", justify="right")
        table.add_column(tenant, justify="right")
    books = [proof["cash"] for proof in proofs.values()]
    for label, name in CASH_ROWS:
        shown = [book["summary"].get(name, {"count": 0, "cents": 0}) for book in books]
        table.add_row(label, *(cell for one in shown for cell in (f"{one['count']:,}", dollars(one["cents"]))))
    for label, account, sign in CASH_BALANCES:
        table.add_row(
            label, *(c for book in books for c in ("", dollars(sign * book["balances_cents"].get(account, 0))))
        )
    received = [dollars(proof["totals"]["received_cents"]) for proof in proofs.values()]
    table.add_row("Patients paid, by the ledger", *(cell for one in received for cell in ("", one)))
    table.add_row(
        "Ties out", *(cell for book in books for cell in ("", "yes" if book["proved"] else "NO")), style="bold"
    )
    return table


def count_table(title: str, counts: Mapping[str, int]) -> Table:
    """Names and numbers, largest first."""
    table = Table(title=title, title_justify="left", box=None, header_style="bold", show_header=False)
    table.add_column("")
    table.add_column("", justify="right")
    for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        table.add_row(name, f"{count:,}")
    return table


def faults(tally: Tally, proofs: Mapping[str, Proof], numbers: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What must not be in a good run; empty when it is one."""
    found = [f"{tenant}: the ledger does not tie out" for tenant, proof in proofs.items() if not proof["proved"]]
    found += [
        f"{tenant}: the cash book does not tie out" for tenant, one in proofs.items() if not one["cash"]["proved"]
    ]
    if tally.dead_letters:
        found.append(f"{tally.dead_letters} dead letters on good input")
    for name, said in numbers.items():
        waiting = {field: said.get(field) for field in WAITING}
        found += [f"{name}: {count} {field.replace('_', ' ')}" for field, count in waiting.items() if count]
    return found


def show(console: Console, tally: Tally, proofs: Mapping[str, Proof], found: list[str]) -> None:
    """Print the report."""
    held = count_table("Why claims are held (a claim may have several reasons)", tally.held)
    events = count_table("Events", tally.events)
    verdict = Text("Everything ties out.", "bold green") if not found else Text("\n".join(found), "bold red")
    console.print(
        Group(
            Text("Stages", "bold"),
            stage_table(tally),
            Text(),
            held,
            Text(),
            events,
            Text(),
            proof_table(proofs),
            Text(),
            cash_table(proofs),
            verdict,
        )
    )
