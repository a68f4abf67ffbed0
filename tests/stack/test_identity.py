"""Development tokens: accepted by what the services verify with, refused in production."""

from datetime import timedelta

import pytest

from revcycle.identity import issue_token, make_identity
from revcycle.refusal import Exit, RefusalError
from revcycle.stack.layout import Layout
from shared.auth import DEVELOPMENT_ISSUER, Authenticator, NotAuthenticatedError, Principal


def authenticator(layout: Layout) -> Authenticator:
    return Authenticator.from_file(layout.jwks, DEVELOPMENT_ISSUER, "revcycle", production=False)


def test_a_token_names_the_tenant_the_actor_and_the_roles(layout: Layout) -> None:
    make_identity(layout)
    token = issue_token(layout, "lakeside", "ann", ["biller", "poster"])
    principal = authenticator(layout).verify(f"Bearer {token}")
    assert principal == Principal("lakeside", "ann", frozenset({"biller", "poster"}))


def test_tokens_outlive_a_restart_and_the_published_key_is_public(layout: Layout) -> None:
    make_identity(layout)
    token = issue_token(layout, "lakeside", "ann", ["biller"])
    make_identity(layout)
    assert authenticator(layout).verify(f"Bearer {token}").actor == "ann"
    assert '"d"' not in layout.jwks.read_text()


def test_an_expired_token_and_another_stacks_token_are_refused(
    layout: Layout, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = Layout(tmp_path_factory.mktemp("other"))
    other.prepare()
    for stack in (layout, other):
        make_identity(stack)
    expired = issue_token(layout, "lakeside", "ann", ["biller"], timedelta(seconds=-60))
    foreign = issue_token(other, "lakeside", "ann", ["biller"])
    for token in (expired, foreign):
        with pytest.raises(NotAuthenticatedError):
            authenticator(layout).verify(f"Bearer {token}")


def test_production_has_no_development_identity(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    make_identity(layout)
    monkeypatch.setenv("REVCYCLE_ENV", "production")
    with pytest.raises(RefusalError, match="production") as refused:
        issue_token(layout, "lakeside", "ann", ["biller"])
    assert refused.value.exit_code is Exit.REFUSED
    with pytest.raises(RefusalError):
        make_identity(layout)


def test_without_a_stack_there_is_no_key(layout: Layout) -> None:
    with pytest.raises(RefusalError, match="start a stack first"):
        issue_token(layout, "lakeside", "ann", ["biller"])
