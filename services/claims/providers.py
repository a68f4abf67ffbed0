"""Providers and their addresses, from the reader's form to the content's and back."""

from services.claims.core.content import PostalAddress, Provider
from shared.x12.claim837 import Address, Party
from shared.x12.writing import Raw


def optional_provider(party: Party | None) -> Provider | None:
    return provider_of(party) if party is not None else None


def provider_of(party: Party) -> Provider:
    return Provider(
        name=party.name,
        first_name=party.first_name,
        middle_name=party.middle_name,
        suffix=party.suffix,
        entity_type=party.entity_type,
        npi=party.npi,
        id=party.id,
        id_qualifier=party.id_qualifier,
        tax_id=party.tax_id,
        tax_id_qualifier=party.tax_id_qualifier,
        taxonomy=party.taxonomy,
        address=postal_of(party.address),
        contact_name=party.contact_name,
        contact_phone=party.contact_phone,
        contact_numbers=party.contact_numbers,
    )


def postal_of(address: Address | None) -> PostalAddress | None:
    if address is None:
        return None
    return PostalAddress(
        line1=address.line1,
        line2=address.line2,
        city=address.city,
        state=address.state,
        postal_code=address.postal_code,
        country=address.country,
    )


def optional_party(provider: Provider | None, extras: tuple[Raw, ...]) -> Party | None:
    return party_of(provider, extras) if provider is not None else None


def party_of(provider: Provider, extras: tuple[Raw, ...]) -> Party:
    return Party(
        name=provider.name,
        id_qualifier=provider.id_qualifier,
        id=provider.id,
        npi=provider.npi,
        tax_id=provider.tax_id,
        tax_id_qualifier=provider.tax_id_qualifier,
        taxonomy=provider.taxonomy,
        address=address_of(provider.address),
        contact_name=provider.contact_name,
        contact_phone=provider.contact_phone,
        first_name=provider.first_name,
        middle_name=provider.middle_name,
        suffix=provider.suffix,
        entity_type=provider.entity_type,
        contact_numbers=provider.contact_numbers,
        extras=extras,
    )


def address_of(address: PostalAddress | None) -> Address | None:
    if address is None:
        return None
    return Address(address.line1, address.line2, address.city, address.state, address.postal_code, address.country)
