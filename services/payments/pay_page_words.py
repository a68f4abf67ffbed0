"""The words of the payment page, in plain English and Spanish."""

from collections.abc import Mapping
from datetime import date
from types import SimpleNamespace

MONTHS: Mapping[str, str] = {
    "en": "January February March April May June July August September October November December",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}
ENGLISH: Mapping[str, str] = {
    "language": "Language",
    "other_language": "Español",
    "questions": "Questions? Call or write to us; our number is on your statement.",
    "title": "Pay your bill",
    "balance": "You owe",
    "on_its_way": "A payment of {amount} is on its way and is not asked for again.",
    "good_until": "This link works until {day}.",
    "go_on": "Go on with your payment of {amount}",
    "how_much": "How much do you want to pay?",
    "all": "Everything: {amount}",
    "by_bill": "These bills:",
    "part": "Another amount:",
    "amount": "Amount in dollars",
    "amount_help": "for example 25.00",
    "how": "How do you want to pay?",
    "card": "Card",
    "ach": "Bank account (takes some days)",
    "next": "Continue",
    "elsewhere": "Your card or bank account is asked for by the payment processor, on its own page. We never see it.",
    "not_online": "You cannot pay here by card. Please call us.",
    "your_bills": "Your bills",
    "bill": "Bill",
    "open": "You owe",
    "visit": "Visit on {day}",
    "credit": "Your money that pays no bill yet",
    "help": "If you cannot pay all of it now",
    "help_text": "You can pay a part of it here. Call us: a payment plan or financial assistance may be possible.",
    "plans": "Pay in installments: see the plans that you can start now",
    "payment": "Payment",
    "to_processor": "Enter your card or bank account",
    "receipt": "Receipt (PDF)",
    "again": "I have not paid yet: go on",
    "back": "Back to your bill",
    "preparing": "One moment, we are preparing your payment.",
    "ready": "Nothing has been taken yet. One step is left.",
    "checking": "One moment, we are asking the processor about your payment. Please do not pay again.",
    "pending": "Your payment is on its way. A bank account takes some days. You need to do nothing more.",
    "received": "We have your payment. Thank you.",
    "receipt_soon": "Your receipt is ready in a moment.",
    "failed": "This payment did not come. Nothing was taken. You can try again, or pay in another way.",
    "went_back": "Your bank took this payment back. Please call us.",
    "expired_title": "This link is not good any more",
    "expired": "It was good until {day}. Your newest statement has a new link, or call us and we will send you one.",
    "revoked_title": "This link is not good any more",
    "revoked": "It was taken back. Call us if you want to pay; we will send you a new one.",
    "superseded_title": "You have a newer statement",
    "superseded": "This link is from an older statement. Please use the link on your newest one.",
    "used_title": "Thank you, this is paid",
    "used": "What this link asked for was paid. There is nothing more to do.",
    "settled_title": "You owe nothing here",
    "settled": "Nothing is owed of these bills any more. Thank you.",
    "unknown_title": "We do not know this link",
    "unknown": "Please look at it again: it may be cut short or mistyped. You can also call us.",
    "too_many_title": "Too many tries",
    "too_many": "Please wait a minute and try again, or call us.",
    "no_choice": "Please say how much you want to pay.",
    "unclear": "You chose one way and filled in another. Please choose the one that you mean.",
    "no_amount": "Please write the amount like this: 25.00",
    "too_little": "Please choose more than nothing.",
    "too_much": "That is more than you owe. The most you can pay here is {amount}.",
    "no_bill": "Please choose at least one of the bills below.",
    "no_method": "Please choose a card or a bank account.",
}
SPANISH: Mapping[str, str] = {
    "language": "Idioma",
    "other_language": "English",
    "questions": "¿Preguntas? Llámenos o escríbanos; nuestro número está en su estado de cuenta.",
    "title": "Pague su cuenta",
    "balance": "Usted debe",
    "on_its_way": "Un pago de {amount} está en camino y no se pide otra vez.",
    "good_until": "Este enlace sirve hasta el {day}.",
    "go_on": "Continúe con su pago de {amount}",
    "how_much": "¿Cuánto quiere pagar?",
    "all": "Todo: {amount}",
    "by_bill": "Estas cuentas:",
    "part": "Otro importe:",
    "amount": "Importe en dólares",
    "amount_help": "por ejemplo 25.00",
    "how": "¿Cómo quiere pagar?",
    "card": "Tarjeta",
    "ach": "Cuenta bancaria (tarda unos días)",
    "next": "Continuar",
    "elsewhere": "El procesador de pagos le pide su tarjeta o cuenta en su propia página. Nosotros nunca la vemos.",
    "not_online": "Aquí no puede pagar con tarjeta. Por favor, llámenos.",
    "your_bills": "Sus cuentas",
    "bill": "Cuenta",
    "open": "Usted debe",
    "visit": "Visita del {day}",
    "credit": "Dinero suyo que todavía no paga ninguna cuenta",
    "help": "Si no puede pagar todo ahora",
    "help_text": "Puede pagar una parte aquí. Llámenos: puede haber un plan de pagos o ayuda económica.",
    "plans": "Pague en cuotas: vea los planes que puede comenzar ahora",
    "payment": "Pago",
    "to_processor": "Escriba su tarjeta o cuenta bancaria",
    "receipt": "Recibo (PDF)",
    "again": "Todavía no he pagado: continuar",
    "back": "Volver a su cuenta",
    "preparing": "Un momento, estamos preparando su pago.",
    "ready": "Todavía no se ha cobrado nada. Falta un paso.",
    "checking": "Un momento, preguntamos al procesador por su pago. Por favor, no pague otra vez.",
    "pending": "Su pago está en camino. Una cuenta bancaria tarda unos días. No tiene que hacer nada más.",
    "received": "Tenemos su pago. Gracias.",
    "receipt_soon": "Su recibo estará listo en un momento.",
    "failed": "Este pago no llegó. No se cobró nada. Puede intentarlo otra vez o pagar de otra manera.",
    "went_back": "Su banco retiró este pago. Por favor, llámenos.",
    "expired_title": "Este enlace ya no sirve",
    "expired": "Servía hasta el {day}. Su último estado de cuenta tiene otro enlace, o llámenos y le enviaremos uno.",
    "revoked_title": "Este enlace ya no sirve",
    "revoked": "Fue retirado. Llámenos si quiere pagar; le enviaremos otro.",
    "superseded_title": "Usted tiene un estado de cuenta más nuevo",
    "superseded": "Este enlace es de un estado de cuenta anterior. Por favor, use el enlace del último.",
    "used_title": "Gracias, esto está pagado",
    "used": "Lo que pedía este enlace está pagado. No tiene que hacer nada más.",
    "settled_title": "Aquí no debe nada",
    "settled": "Ya no se debe nada de estas cuentas. Gracias.",
    "unknown_title": "No conocemos este enlace",
    "unknown": "Por favor, revíselo: puede estar cortado o mal escrito. También puede llamarnos.",
    "too_many_title": "Demasiados intentos",
    "too_many": "Por favor, espere un minuto e inténtelo otra vez, o llámenos.",
    "no_choice": "Por favor, diga cuánto quiere pagar.",
    "unclear": "Usted eligió una manera y llenó otra. Por favor, elija la que quiere.",
    "no_amount": "Por favor, escriba el importe así: 25.00",
    "too_little": "Por favor, elija más que nada.",
    "too_much": "Eso es más de lo que debe. Lo más que puede pagar aquí es {amount}.",
    "no_bill": "Por favor, elija al menos una de las cuentas de abajo.",
    "no_method": "Por favor, elija tarjeta o cuenta bancaria.",
}
LANGUAGES: Mapping[str, Mapping[str, str]] = {"en": ENGLISH, "es": SPANISH}


def words_of(language: str) -> SimpleNamespace:
    """The words of a language, by name. KeyError for one that the page does not speak."""
    return SimpleNamespace(**LANGUAGES[language])


def day_in(language: str, day: date) -> str:
    """July 1, 2026, or 1 de julio de 2026."""
    month = MONTHS[language].split()[day.month - 1]
    return f"{day.day} de {month} de {day.year}" if language == "es" else f"{month} {day.day}, {day.year}"


def language_of(asked: str, accepted: str) -> str:
    """What was chosen; else Spanish for a browser that prefers it, else English."""
    if asked in LANGUAGES:
        return asked
    return "es" if accepted.strip().lower().startswith("es") else "en"
