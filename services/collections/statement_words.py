"""The words of a statement, in plain English and Spanish. Every form of it is drawn with these."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

from services.collections.render import dollars, long_date, long_date_es


class Words(NamedTuple):
    """One language's."""

    title: str
    number: str
    date: str
    account: str
    balance: str
    please_pay: str
    by: str
    what_it_is: str
    plan: str
    replaces: str
    visits: str
    visit: str
    other_charge: str
    charge: str
    insurance_paid: str
    adjusted: str
    you_paid: str
    you_owe: str
    service: str
    partly_pending: str
    other_parties: str
    sum_only: str
    unapplied: str
    forgiven: str
    charged: str
    total: str
    pending: str
    pending_note: str
    pending_amount: str
    money: str
    paid: str
    went_back: str
    aging: str
    age_days: str
    age_over: str
    pay: str
    online: str
    online_until: str
    online_open: str
    scan: str
    phone: str
    mail: str
    mail_how: str
    help: str
    help_text: str
    wrong: str
    wrong_text: str
    page: str


WORDS: Mapping[str, Words] = {
    "en": Words(
        title="Statement",
        number="Statement number",
        date="Date",
        account="Account number",
        balance="You owe",
        please_pay="Please pay",
        by="by",
        what_it_is="This is what you owe after your insurance. What your insurance still has to decide is not in it.",
        plan="You have a payment plan: only the next installment is due now.",
        replaces="This statement takes the place of statement {number}. Please use this one.",
        visits="What you owe, by visit",
        visit="Visit on {day}",
        other_charge="Charge of {day}",
        charge="Charged",
        insurance_paid="Insurance paid",
        adjusted="Discounts",
        you_paid="You paid",
        you_owe="You owe",
        service="Service {code}",
        partly_pending="{amount} of this visit is still with your insurance and is not due now.",
        other_parties="{amount} of this visit is another party's, such as an employer, and not yours.",
        sum_only="This is the sum of your visits. Call us for the details of each one.",
        unapplied="Your money that pays no visit yet",
        forgiven="Taken off by us",
        charged="Interest and fees in this balance",
        total="Balance",
        pending="With your insurance: you do not owe this now",
        pending_note="Your insurance is still deciding about these visits. You have nothing to pay for them now.",
        pending_amount="With your insurance",
        money="Your payments since your last statement",
        paid="Payment received, thank you",
        went_back="Payment that went back",
        aging="How long you have owed it",
        age_days="{first} to {last} days",
        age_over="More than {last} days",
        pay="Ways to pay",
        online="Online",
        online_until="This link works until {day}.",
        online_open="Pay online, or see your bills and your payments",
        scan="Scan to pay",
        phone="Phone",
        mail="Mail",
        mail_how="a check to the address above, with your account number on it",
        help="If you cannot pay all of it now",
        help_text="Call us. A payment plan or financial assistance may be possible.",
        wrong="If something looks wrong",
        wrong_text="Call us or write to the address above, and we will look at it.",
        page="Page {page} of {pages}",
    ),
    "es": Words(
        title="Estado de cuenta",
        number="Número de estado",
        date="Fecha",
        account="Número de cuenta",
        balance="Usted debe",
        please_pay="Pague por favor",
        by="a más tardar el",
        what_it_is="Esto es lo que usted debe después de su seguro. No incluye lo que su seguro aún tiene que decidir.",
        plan="Usted tiene un plan de pagos: ahora solo vence la próxima cuota.",
        replaces="Este estado de cuenta sustituye al número {number}. Por favor, use este.",
        visits="Lo que usted debe, por visita",
        visit="Visita del {day}",
        other_charge="Cargo del {day}",
        charge="Cargo",
        insurance_paid="Pagó el seguro",
        adjusted="Descuentos",
        you_paid="Usted pagó",
        you_owe="Usted debe",
        service="Servicio {code}",
        partly_pending="{amount} de esta visita está todavía con su seguro y no vence ahora.",
        other_parties="{amount} de esta visita es de otro, como un empleador, y no suyo.",
        sum_only="Esta es la suma de sus visitas. Llámenos si quiere los detalles de cada una.",
        unapplied="Dinero suyo que todavía no paga ninguna visita",
        forgiven="Descontado por nosotros",
        charged="Intereses y cargos incluidos en este saldo",
        total="Saldo",
        pending="Con su seguro: usted no debe esto ahora",
        pending_note="Su seguro todavía decide sobre estas visitas. Ahora usted no tiene que pagar nada por ellas.",
        pending_amount="Con su seguro",
        money="Sus pagos desde el último estado de cuenta",
        paid="Pago recibido, gracias",
        went_back="Pago devuelto",
        aging="Desde cuándo lo debe",
        age_days="De {first} a {last} días",
        age_over="Más de {last} días",
        pay="Maneras de pagar",
        online="En línea",
        online_until="Este enlace sirve hasta el {day}.",
        online_open="Pague en línea, o vea sus cuentas y sus pagos",
        scan="Escanee para pagar",
        phone="Teléfono",
        mail="Correo",
        mail_how="un cheque a la dirección de arriba, con su número de cuenta",
        help="Si no puede pagar todo ahora",
        help_text="Llámenos. Puede haber un plan de pagos o ayuda económica.",
        wrong="Si algo parece incorrecto",
        wrong_text="Llámenos o escriba a la dirección de arriba, y lo revisaremos.",
        page="Página {page} de {pages}",
    ),
}
"""What a language lacks, mypy says: a field left out is no `Words`."""


def words_of(language: str) -> Words:
    """The words of a language; English where there are none."""
    return WORDS.get(language, WORDS["en"])


def dates_of(language: str) -> Callable[[date], str]:
    """How a day is written in a language."""
    return long_date_es if language == "es" else long_date


def money(cents: int) -> str:
    """-12345 is -$123.45: what is taken off is shown as such."""
    return f"-{dollars(-cents)}" if cents < 0 else dollars(cents)
