"""Share-link tokens: computed, never stored, and tied to the key that made them."""

import hashlib
import logging
import uuid

import pytest
from django.test import override_settings

from pumbaphoto_wagtail import tokens

LINK = uuid.UUID("12345678-1234-4234-8234-123456789abc")


def keys(**named):
    return override_settings(PUMBAPHOTO={"LINK_KEYS": named})


def test_a_token_is_a_uuid_of_version_4():
    token = tokens.compute(LINK, 1, tokens.current_key_id())

    assert isinstance(token, uuid.UUID)
    assert token.version == 4


def test_the_same_link_and_epoch_give_the_same_token():
    key_id = tokens.current_key_id()

    assert tokens.compute(LINK, 1, key_id) == tokens.compute(LINK, 1, key_id)


def test_link_epoch_and_key_each_change_the_token():
    with keys(one="a", two="b"):
        found = {
            tokens.compute(LINK, 1, "one"),
            tokens.compute(LINK, 2, "one"),
            tokens.compute(LINK, 1, "two"),
            tokens.compute(uuid.uuid4(), 1, "one"),
        }

    assert len(found) == 4


def test_no_two_pairs_of_link_and_epoch_look_alike():
    # Without a delimiter, link "…1" in epoch 11 and link "…11" in epoch 1 would be one payload.
    with keys(one="a"):
        assert tokens.compute("link1", 11, "one") != tokens.compute("link11", 1, "one")


def test_the_last_key_makes_new_links():
    with keys(old="a", new="b"):
        assert tokens.current_key_id() == "new"


def test_without_keys_new_links_use_one_derived_from_the_secret_key():
    with keys():
        key_id = tokens.current_key_id()
        assert list(tokens.keys()) == [key_id]
        assert b"test" not in tokens.keys()[key_id]


def test_links_made_before_keys_were_named_can_still_be_copied():
    with keys():
        key_id = tokens.current_key_id()
        token = tokens.compute(LINK, 1, key_id)
    with keys(new="b"):
        assert tokens.compute(LINK, 1, key_id) == token


def test_an_unknown_key_computes_nothing():
    with keys(new="b"), pytest.raises(KeyError):
        tokens.compute(LINK, 1, "removed")


def test_after_a_change_of_secret_key_no_wrong_token_is_computed():
    key_id = tokens.current_key_id()
    token = tokens.compute(LINK, 1, key_id)
    with override_settings(SECRET_KEY="another"):
        assert tokens.current_key_id() != key_id
        with pytest.raises(KeyError):
            tokens.compute(LINK, 1, key_id)
    with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=["test"]):
        assert tokens.compute(LINK, 1, key_id) == token
        assert tokens.current_key_id() != key_id


def test_a_key_id_fits_its_column():
    from pumbaphoto_wagtail.models import ShareLink

    assert len(tokens.current_key_id()) <= ShareLink._meta.get_field("key_id").max_length


def test_a_fingerprint_is_the_sha256_of_the_token_and_not_the_token():
    token = tokens.compute(LINK, 1, tokens.current_key_id())

    assert tokens.fingerprint(token) == hashlib.sha256(str(token).encode()).hexdigest()
    assert str(token) not in tokens.fingerprint(token)


@pytest.mark.parametrize(
    ("line", "hidden"),
    [
        ("Not Found: /galleries//s//{}", "Not Found: /galleries//s//***"),
        ("Forbidden (CSRF): /s/{}/", "Forbidden (CSRF): /s/***"),
        ('"GET /x/%73%2F{}?a=/s/{} HTTP/1.1" 404', '"GET /x/%73%2F***?a=/s/*** HTTP/1.1" 404'),
        ("/clients/s/", "/clients/s/"),
        ("nothing of the kind", "nothing of the kind"),
    ],
)
def test_a_filter_takes_tokens_out_of_a_line(line, hidden):
    token = str(uuid.uuid4())
    for message, arguments in (
        (line.format(token, token), ()),
        ("%s", (line.format(token, token),)),
    ):
        record = logging.LogRecord("x", logging.WARNING, "x", 1, message, arguments, None)
        assert tokens.HideTokens().filter(record)
        assert record.getMessage() == hidden
