"""The message ports as the settings name them, and the dated words of what people answer."""

import ssl
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import httpx

from services.collections.core.inbound_words import WordList
from services.collections.core.messages import Channel
from services.collections.core.person_messages import InboundMeaning
from services.collections.outlets import Outlet, Smtp, TextGateway
from services.collections.policies import letterheads
from services.collections.render import Letterhead
from services.collections.settings import CollectionsSettings
from shared.policy import ENTRY_FIELDS, PolicyError
from shared.settings import Settings

MEANINGS: tuple[InboundMeaning, ...] = ("stop", "start", "help", "dispute")


def outlets_of(settings: CollectionsSettings) -> Mapping[Channel, Outlet]:
    """What is configured; a channel that is not stays out, and what should go by it becomes work."""
    outlets: dict[Channel, Outlet] = {}
    if settings.smtp_host:
        outlets["email"] = Smtp(
            host=settings.smtp_host,
            port=settings.smtp_port,
            security=settings.smtp_security,
            user=settings.smtp_user,
            password=_secret(settings.smtp_password_file),
            trust=None if settings.smtp_ca_file is None else ssl.create_default_context(cafile=settings.smtp_ca_file),
        )
    if settings.text_url:
        client = httpx.AsyncClient(timeout=20.0, follow_redirects=False)
        outlets["text"] = TextGateway(url=settings.text_url, token=_secret(settings.text_token_file), client=client)
    return outlets


def word_lists(path: Path) -> tuple[WordList, ...]:
    """Every version of the words. Raises PolicyError naming the file, the entry and what is wrong with it."""
    with path.open("rb") as file:
        entries = tomllib.load(file).get("words", [])
    lists: list[WordList] = []
    for entry in entries:
        missing = ENTRY_FIELDS - entry.keys()
        if missing:
            msg = f"{path.name}: words: an entry lacks {', '.join(sorted(missing))}"
            raise PolicyError(msg)
        value = entry["value"]
        unknown = set[str](value) - {*MEANINGS, "stops_everything"}
        if unknown or not value.get("stop"):
            msg = f"{path.name}: words: an entry has stop, start, help, dispute and stops_everything, and words to stop"
            raise PolicyError(msg)
        words: dict[InboundMeaning, tuple[str, ...]] = {one: tuple(value.get(one, ())) for one in MEANINGS}
        lists.append(WordList(entry["valid_from"], words, value.get("stops_everything", False)))
    return tuple(lists)


def words_of(settings: Settings) -> tuple[WordList, ...]:
    """The words that the service's settings name."""
    return _words(own_settings(settings).words_file)


def letterheads_of(settings: Settings) -> Mapping[str, Letterhead]:
    """The letterheads that the service's settings name."""
    return _heads(own_settings(settings).letterhead_file)


def own_settings(settings: Settings) -> CollectionsSettings:
    assert isinstance(settings, CollectionsSettings), "the service is made with its own settings"
    return settings


_words = lru_cache(maxsize=4)(word_lists)
_heads = lru_cache(maxsize=4)(letterheads)


def _secret(path: Path | None) -> str:
    return "" if path is None else path.read_text(encoding="utf-8").strip()
