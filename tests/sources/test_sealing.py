"""Source keys at rest: what opens them, for whom, and what never shows them."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.monitoring import logs
from apps.sources import sealing
from apps.sources.sealing import SealError, is_current, origin_of, reseal, seal, secret_faults, unseal

OLD, NEW = "an-old-secret-of-forty-characters-000000", "a-new-secret-of-forty-characters-1111111"
ORIGIN = "https://pro-api.coinmarketcap.com"


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seal with one secret."""
    monkeypatch.setenv("SOURCE_KEYS_SECRET", OLD)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=12, max_size=1000))
def test_a_sealed_key_opens_to_itself(key: str) -> None:
    """Sealing and opening is identity, and the token does not hold the key."""
    token = seal(key, origin=ORIGIN)

    assert unseal(token, origin=ORIGIN) == key
    assert key not in token


@pytest.mark.parametrize(
    "key", ["", "eleven-char", "with a blank in", "with\na-new-line", "k" * 1001, "schlüsselwörter", "\x00" * 12]
)
def test_what_no_header_can_carry_is_no_key(key: str) -> None:
    """Blanks, control characters and absurd lengths are refused without showing the key."""
    with pytest.raises(SealError) as caught:
        seal(key, origin=ORIGIN)

    assert len(key) < 2 or key not in str(caught.value)


def test_a_key_opens_only_for_the_origin_it_was_set_for() -> None:
    """Who can change a source's address cannot have its key sent there."""
    token = seal("top-secret-key", origin=ORIGIN)

    with pytest.raises(SealError, match=r"was set for https://pro-api\.coinmarketcap\.com, not for https://evil"):
        unseal(token, origin="https://evil.example")


def test_another_secret_does_not_open_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token from another installation, or a damaged one, is told so."""
    token = seal("top-secret-key", origin=ORIGIN)
    monkeypatch.setenv("SOURCE_KEYS_SECRET", NEW)

    for wrong in (token, token[:-4], "nonsense"):
        with pytest.raises(SealError, match="no secret of SOURCE_KEYS_SECRET opens"):
            unseal(wrong, origin=ORIGIN)
        with pytest.raises(SealError, match="no secret of SOURCE_KEYS_SECRET opens"):
            reseal(wrong)


def test_a_secret_is_changed_without_losing_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """New in front of old opens old tokens; sealed anew, they need the new one only."""
    token = seal("top-secret-key", origin=ORIGIN)
    monkeypatch.setenv("SOURCE_KEYS_SECRET", f"{NEW}, {OLD}")
    assert (unseal(token, origin=ORIGIN), is_current(token)) == ("top-secret-key", False)

    fresh = reseal(token)
    monkeypatch.setenv("SOURCE_KEYS_SECRET", NEW)

    assert (unseal(fresh, origin=ORIGIN), is_current(fresh)) == ("top-secret-key", True)


def test_without_a_secret_nothing_is_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no default secret that an attacker could know."""
    monkeypatch.delenv("SOURCE_KEYS_SECRET")

    with pytest.raises(SealError, match="SOURCE_KEYS_SECRET"):
        seal("top-secret-key", origin=ORIGIN)


@pytest.mark.parametrize(
    ("secrets", "fault"), [("short", "has 5 characters, fewer than 32"), (f"{OLD},{OLD}", "holds a secret twice")]
)
def test_weak_secrets_are_named_without_being_shown(monkeypatch: pytest.MonkeyPatch, secrets: str, fault: str) -> None:
    """A fault tells the place, never the text, and such secrets seal nothing."""
    monkeypatch.setenv("SOURCE_KEYS_SECRET", secrets)

    assert fault in secret_faults()[0]
    with pytest.raises(SealError) as caught:
        seal("top-secret-key", origin=ORIGIN)
    assert OLD not in str(caught.value)


def test_the_secret_may_be_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """SOURCE_KEYS_SECRET_FILE works as for every other secret."""
    path = f"{tmp_path}/secret"
    with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write(OLD + "\n")
    token = seal("top-secret-key", origin=ORIGIN)
    monkeypatch.delenv("SOURCE_KEYS_SECRET")
    monkeypatch.setenv("SOURCE_KEYS_SECRET_FILE", path)

    assert unseal(token, origin=ORIGIN) == "top-secret-key"


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://API.Example.com:443/v1?x=1", "https://api.example.com"),
        ("http://127.0.0.1:8900/cmc", "http://127.0.0.1:8900"),
        ("https://node.example/v2/{key}", "https://node.example"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: str) -> None:
    """Path and default port do not count."""
    assert origin_of(url) == origin


@pytest.mark.parametrize("url", ["", "/relative", "https://", "https://{key}.example", "https://[::1", "https://h:x"])
def test_no_key_without_a_host(url: str) -> None:
    """A key never chooses the host it goes to."""
    with pytest.raises(SealError):
        origin_of(url)


def test_an_opened_key_never_stands_in_a_log_line() -> None:
    """Whatever logs it, however it is written: plain, in a URL, in JSON."""
    key = 'sp"ecial/+key=1'
    unseal(sealing.seal(key, origin=ORIGIN), origin=ORIGIN)

    line = logs.censor('plain sp"ecial/+key=1 url ?k=sp%22ecial%2F%2Bkey%3D1 json "sp\\"ecial/+key=1"')

    assert "ecial" not in line
