"""Is a notification believed only when Airtable signed it?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.airtable.notification import signature, verify
from hub.errors import InvalidInput, PermissionLost

HOOK = "ach00000000000000"
SECRET = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="  # the documentation's
BODY = (
    b'{"base":{"id":"app00000000000000"},"webhook":{"id":"ach00000000000000"},'
    b'"timestamp":"2022-02-01T21:25:05.663Z"}'
)
MAC = "hmac-sha256=997ae1f19848fdf4e8e07db1c9650045193abc5dc4b82b4c70466ecafe7b6f7d"
HEADERS = {"x-airtable-content-mac": MAC}


def test_a_signed_notification_names_its_hook() -> None:
    assert HOOK == verify(BODY, HEADERS, {HOOK: SECRET, "ach1": "c2VjcmV0"})
    assert MAC == signature(BODY, SECRET)


@pytest.mark.parametrize(
    "given_mac",
    [
        "",
        "hmac-sha256=",
        MAC.upper(),
        MAC.removeprefix("hmac-sha256="),
        MAC[:-1] + "e",
        f"{MAC} ",
        "hmac-sha256=ü",
        signature(BODY, "b3RoZXI="),
    ],
)
def test_a_wrong_signature_is_refused(given_mac: str) -> None:
    with pytest.raises(PermissionLost):
        verify(BODY, {"x-airtable-content-mac": given_mac}, {HOOK: SECRET})


def test_a_missing_signature_is_refused() -> None:
    with pytest.raises(PermissionLost):
        verify(BODY, {}, {HOOK: SECRET})


@pytest.mark.parametrize("secrets", [{}, {"ach1": SECRET}, {HOOK: ""}, {HOOK: "not base64!"}])
def test_a_signature_counts_only_with_the_hooks_own_secret(secrets: dict[str, str]) -> None:
    with pytest.raises(PermissionLost):
        verify(BODY, HEADERS, secrets)


def test_an_empty_key_signs_nothing() -> None:
    headers = {"x-airtable-content-mac": signature(BODY, "")}

    for secrets in ({}, {HOOK: ""}, {HOOK: "not base64!"}):
        with pytest.raises(PermissionLost):
            verify(BODY, headers, secrets)


@pytest.mark.parametrize("index", range(0, len(BODY), 16))
def test_one_changed_byte_is_one_too_many(index: int) -> None:
    changed = BODY[:index] + b" " + BODY[index:]

    with pytest.raises((PermissionLost, InvalidInput)):
        verify(changed, HEADERS, {HOOK: SECRET})


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"7", b'"x"', b"{}", b'{"webhook":[]}', b"\xff\xfe", b"[" * 100_000],
)
def test_what_is_no_notification_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        verify(body, {"x-airtable-content-mac": signature(body, SECRET)}, {HOOK: SECRET})


@given(st.binary(max_size=60), st.text(max_size=80))
def test_no_body_and_no_header_break_the_door(body: bytes, mac: str) -> None:
    with pytest.raises((PermissionLost, InvalidInput)):
        verify(body, {"x-airtable-content-mac": mac}, {HOOK: SECRET})
