"""The description of a generic source as fields of a form, and back into the options that are stored."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from apps.sources.adapters.generic import Generic
from apps.sources.adapters.generic_options import KEYS, METHODS, WORD_KEYS, word
from apps.sources.adapters.parsing import TIME_UNITS

PREFIX = "g_"
AS_FIELDS, AS_JSON = "fields", "json"
_UNITS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds", "iso": "ISO 8601"}
_DEFAULTS: Mapping[str, object] = {"method": "GET", "separator": ",", "time_of": "price"}


def _text(label: str, placeholder: str, help_text: str = "", *, strip: bool = True) -> forms.CharField:
    widget = UnfoldAdminTextInputWidget(attrs={"placeholder": placeholder, "spellcheck": "false"})
    return forms.CharField(required=False, label=label, widget=widget, help_text=help_text, strip=strip)


def _long(label: str, placeholder: str, help_text: str, *, rows: int) -> forms.CharField:
    attrs = {"placeholder": placeholder, "rows": rows, "spellcheck": "false"}
    widget = UnfoldAdminTextareaWidget(attrs=attrs)
    return forms.CharField(required=False, label=label, widget=widget, help_text=help_text)


def _choice(label: str, choices: Sequence[tuple[str, str]], help_text: str = "") -> forms.ChoiceField:
    return forms.ChoiceField(
        required=False, label=label, choices=choices, widget=UnfoldAdminSelectWidget, help_text=help_text
    )


class GenericFieldsForm(forms.Form):
    """Every option of the generic adapter as a field of its own; ``described_as`` says which side counts."""

    described_as = _choice(
        "Described by",
        [(AS_FIELDS, "the fields below"), (AS_JSON, "raw JSON")],
        "Only the chosen side is tested and saved.",
    )
    g_url = _text(
        "URL",
        "/ticker?symbol={ticker}",
        "Below the base URL when it begins with /, else absolute. {ticker}: one request a ticker; "
        "{tickers}: one for many; neither: one for everything.",
    )
    g_method = _choice("Method", [(method, method) for method in METHODS])
    g_separator = _text("Separator", ",", "Between the tickers where {tickers} stands.")
    g_body = _long("Body", '{"symbols": "{tickers}"}', "JSON of a POST; may hold the placeholders.", rows=4)
    g_headers = _long("Headers", "X-Client: price-oracle", "One a line. No place for secrets.", rows=2)
    g_key_header = _text("API key in header", "X-Api-Key", "Sent with the key set below.")
    g_key_prefix = _text("Before the key", "Bearer ", "Only in the header; a blank at its end counts.", strip=False)
    g_key_query = _text("API key in parameter", "apikey", "Instead of a header.")
    g_rows = _text("Rows", "$.data[*]", "Where the rows are; empty: the whole reply is the row.")
    g_symbol = _text("Symbol in the row", "$.symbol", "Must be the ticker asked for; guards against a wrong pair.")
    g_price = _text("Price", "$.last", "JSON path within the row.")
    g_scale = forms.IntegerField(
        required=False,
        label="Scale",
        widget=UnfoldAdminIntegerFieldWidget(attrs={"placeholder": "0"}),
        help_text="Digits behind the point of an integer price: 2 for cents.",
    )
    g_inverse = forms.BooleanField(
        required=False,
        label="Inverse",
        widget=UnfoldBooleanSwitchWidget,
        help_text="Quoted the other way round: use 1 / price.",
    )
    g_bid = _text("Bid", "$.bid")
    g_ask = _text("Ask", "$.ask")
    g_volume = _text("Volume, 24 h", "$.volume")
    g_time = _text("Time", "$.timestamp")
    g_time_unit = _choice("Unit of the time", [("", "-"), *((unit, _UNITS[unit]) for unit in TIME_UNITS)])
    g_time_of = _choice(
        "The time is of",
        [("price", "the price (in the row)"), ("reply", "the reply (anywhere in it)")],
    )
    g_error = _text("Error", "$.code", "Where the API states an error under HTTP 200, in the whole reply.")
    g_error_expected = _text("Good value", "0", "Anything else is an error.")
    g_error_forbidden = _text("Bad value", "error", "Only this is an error. Neither: anything but null, false, 0.")
    g_error_message = _text("Words of the error", "$.message", "Shown to you.")
    g_unknown_ticker = _text("Unknown ticker", "no such market", "Words in the error that speak of the ticker.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Spread the stored options over the fields; what fields cannot hold is shown as JSON."""
        super().__init__(*args, **kwargs)
        options = self.initial.get("options") or {}
        spread = _spread(options)
        self.initial = {"described_as": AS_JSON if spread is None else AS_FIELDS, **(spread or {}), **self.initial}

    @property
    def is_described_by_fields(self) -> bool:
        """Return whether the fields, and not the JSON, say what is saved."""
        chosen = self.cleaned_data.get("described_as") or (AS_FIELDS if f"{PREFIX}url" in self.data else AS_JSON)
        return self.cleaned_data.get("adapter") == Generic.slug and chosen == AS_FIELDS

    def clean_g_body(self) -> object:
        """Return the body as JSON, None for none."""
        text = self.cleaned_data["g_body"].strip()
        try:
            return json.loads(text) if text else None
        except ValueError as exc:
            raise forms.ValidationError(f"Not JSON: {exc}") from exc

    def clean_g_headers(self) -> dict[str, str]:
        """Return the headers by name."""
        headers: dict[str, str] = {}
        for line in self.cleaned_data["g_headers"].splitlines():
            name, colon, value = line.partition(":")
            if line.strip() and not colon:
                raise forms.ValidationError(f"Write a header as Name: value, not {line.strip()[:60]!r}.")
            if name.strip() in headers:
                raise forms.ValidationError(f"{name.strip()} is given twice.")
            if colon:
                headers[name.strip()] = value.strip()
        return headers

    def options_of_fields(self) -> dict[str, Any]:
        """Return the options the fields describe; what stands at its default is left out."""
        given = {key: self.cleaned_data.get(f"{PREFIX}{key}") for key in KEYS}
        return {
            key: value for key, value in given.items() if value not in (None, "", {}, 0) and value != _DEFAULTS.get(key)
        }


def _spread(options: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the options as initial values of the fields, None when one of them has no field or another form."""
    if not isinstance(options, Mapping) or not set(options) <= set(KEYS):
        return None
    shown: dict[str, Any] = {f"{PREFIX}{key}": value for key, value in options.items()}
    for key in WORD_KEYS:
        if key in options:
            shown[f"{PREFIX}{key}"] = word(options[key])
    if "body" in options:
        shown[f"{PREFIX}body"] = json.dumps(options["body"], indent=2, ensure_ascii=False)
    headers = options.get("headers", {})
    if not isinstance(headers, Mapping):
        return None
    if headers:
        shown[f"{PREFIX}headers"] = "\n".join(f"{name}: {value}" for name, value in headers.items())
    return shown
