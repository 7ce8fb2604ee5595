"""Who works at the clients? Invented people, reachable at reserved names only.

Addresses end in `.example` (RFC 2606) and numbers are from the range kept for fiction.
"""

from __future__ import annotations

import re
import unicodedata

from hub.demo.chance import Chance
from hub.demo.identifiers import row_id
from hub.demo.rows import HubRow, HubRows, HubValue, text_in

_FIRST_NAMES = """
    Ada Alice Amara Anton Aylin Beatriz Ben Carla Chen Clara Daniel Dilara Elena Elias Emma
    Farid Fatima Felix Freya Gabriel Grace Hana Hannah Henrik Ibrahim Ines Iris Isaac Jana Joao
    Jonas Julia Kaito Karim Kofi Lara Leila Leo Lina Lucas Maja Marco Maria Mateo Maya Mehmet
    Mina Naomi Nina Noah Nora Olga Oliver Omar Paula Pedro Priya Rafael Rania Rosa Ruben Sara
    Samir Sofia Tariq Tessa Tomas Vera Victor Wei Yara Yusuf Zoe
"""
_LAST_NAMES = """
    Abbott Adeyemi Almeida Andersen Baker Barros Becker Bianchi Bruun Campos Chandra Costa
    Demir Dubois Eriksen Fischer Fontaine Garcia Gomez Haddad Hansen Hoffmann Ibarra Ivanov
    Jensen Kaya Keller Kimura Kowalski Larsen Lehmann Lindgren Lopez Mancini Marsh Mbeki Meyer
    Moreau Nakamura Novak Okafor Olsen Park Pereira Petrov Quinn Ramos Reyes Rossi Santos
    Schneider Sharma Silva Sorensen Tanaka Thompson Varga Vogel Wagner Walker Weber Winter Wood
    Yilmaz Young Zhang Ziegler
"""
FIRST_NAMES = tuple(_FIRST_NAMES.split())
LAST_NAMES = tuple(_LAST_NAMES.split())
ROLES = (
    "Head of Marketing",
    "Marketing Manager",
    "Sales Director",
    "Head of Sales",
    "Operations Manager",
    "Growth Lead",
    "IT Administrator",
    "Managing Director",
)


def make_contacts(clients: HubRows, slugs: dict[str, str], *, seed: int) -> HubRows:
    """Two or three people for each client."""
    return tuple(
        contact
        for client in clients
        for contact in _contacts_of(client, slugs[text_in(client, "name")], seed)
    )


def _contacts_of(client: HubRow, slug: str, seed: int) -> list[HubRow]:
    name = text_in(client, "name")
    chance = Chance(seed, "contacts", name)
    count = chance.whole(2, 3)
    firsts = chance.sample(FIRST_NAMES, count)
    lasts = chance.sample(LAST_NAMES, count)
    roles = chance.sample(ROLES, count)
    contacts: list[HubRow] = []
    for first, last, role in zip(firsts, lasts, roles, strict=True):
        email = f"{first}.{last}@{slug}.example".lower()
        contact: dict[str, HubValue] = {
            "id": row_id(seed, "contact", email),
            "client_id": client["id"],
            "name": f"{first} {last}",
            "email": email,
            "phone": f"+1 {chance.whole(201, 989)} 555 01{chance.whole(0, 99):02d}",
            "role": role,
        }
        contacts.append(contact)
    return contacts


def slugs_of(names: tuple[str, ...]) -> dict[str, str]:
    """A part of a domain name for each company name, no two alike."""
    slugs: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "client"
        slug, number = stem, 1
        while slug in taken:
            number += 1
            slug = f"{stem}-{number}"
        slugs[name] = slug
        taken.add(slug)
    return slugs
