"""Forms of feeds, listings and sources. They hold no rule of their own: every error comes from ``validation``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminURLInputWidget,
    UnfoldBooleanSwitchWidget,
)

from apps.feeds.admin.generic_fields import PREFIX, GenericFieldsForm
from apps.feeds.config import new_problems
from apps.feeds.destination_model import MAIN
from apps.feeds.feed_rules import PAIR, feed_problems, outgrown_problems
from apps.feeds.keys import SealedKey, seal_key
from apps.feeds.models import Destination, Feed, Listing, Source, SourceKey
from apps.feeds.options import adapter_slugs, lookup_problems
from apps.feeds.problems import Problem
from apps.feeds.selectors import current_config, feed_config, key_origin, source_config
from apps.feeds.services import reorder_listings
from apps.feeds.values import Config, FeedConfig, ListingConfig, SourceConfig, plain
from apps.sources.sealing import SealError

if TYPE_CHECKING:
    FeedModelForm = forms.ModelForm[Feed]
    ListingModelForm = forms.ModelForm[Listing]
    SourceModelForm = forms.ModelForm[Source]
else:
    FeedModelForm = ListingModelForm = SourceModelForm = forms.ModelForm


def add_errors(form: forms.Form | forms.ModelForm[Any], problems: Iterable[Problem], *, owner: tuple[str, str]) -> None:
    """Put each problem at its field, or over the form when it lies elsewhere; a field keeps its first kind of error."""
    wrong_before = set(form.errors)
    for problem in problems:
        name = str(problem.where[-1])
        if problem.where[:2] != owner:
            form.add_error(None, f"{problem.where[1]}: {problem.message}")
        elif name not in form.fields:
            form.add_error(None, problem.message)
        elif name not in wrong_before:
            form.add_error(name, problem.message)


def _destination_choices() -> list[tuple[str, str]]:
    rows = Destination.objects.values_list("name", "chain_id", "enabled")
    others = [(name, f"{name} (chain {chain}{'' if enabled else ', off'})") for name, chain, enabled in rows]
    return [(MAIN, f"{MAIN} (chain {settings.CHAIN_ID}, the environment's)"), *others]


class FeedForm(FeedModelForm):
    """A feed's own rules; its listings are judged by ListingFormSet."""

    destinations = forms.MultipleChoiceField(
        choices=_destination_choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="One report each, with triggers of its own. None ticked: the default destination.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Show prices without the column's trailing zeros."""
        super().__init__(*args, **kwargs)
        for name in ("outlier_k", "min_answer", "max_answer", "peg"):
            if isinstance(value := self.initial.get(name), Decimal):
                self.initial[name] = plain(value)

    def clean(self) -> dict[str, Any]:
        """Add the problems of the feed's rules to their fields."""
        cleaned = super().clean() or {}
        pair = cleaned.get("pair") or self.instance.pair
        defaults = FeedConfig(pair=pair) if self.instance.pk is None else feed_config(self.instance, listings=())
        rules = {name: value for name, value in cleaned.items() if hasattr(defaults, name)}
        wanted = replace(defaults, **{**rules, "pair": pair})
        outgrown = () if self.instance.pk is None else outgrown_problems(defaults, wanted)
        add_errors(self, [*feed_problems(wanted), *outgrown], owner=("feeds", pair))
        return cleaned


class ListingForm(ListingModelForm):
    """One row of the source list. The source of a saved row is fixed: remove the row and add another."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Fix the source of a saved row, and let the position be left out."""
        super().__init__(*args, **kwargs)
        self.fields["priority"].required = False
        if self.instance.pk is not None:
            self.fields["source"].disabled = True

    def clean_priority(self) -> int:
        """Return the position as posted; the list is numbered anew when saved."""
        return self.cleaned_data.get("priority") or 0

    def _get_validation_exclusions(self) -> set[str]:
        """Leave doubles of source and priority to the formset: rows that swap places are no error."""
        return super()._get_validation_exclusions() | {"priority", "source"}  # type: ignore[misc, no-any-return]

    def as_config(self) -> ListingConfig:
        """Return the row as a plain value."""
        row = self.cleaned_data
        return ListingConfig(
            source=row["source"].slug,
            ticker=row["ticker"],
            weight=row["weight"],
            enabled=row["enabled"],
            invert=row["invert"],
            conversion=row["conversion"].pair if row["conversion"] else None,
        )


class ListingFormSet(PaginationInlineFormSet):  # type: ignore[misc]
    """The ordered source list of a feed: judged as a whole, numbered 1, 2, … when saved."""

    def clean(self) -> None:
        """Judge the configuration as it would be with this feed and this list."""
        super().clean()
        if any(self.errors) or not PAIR.fullmatch(self.instance.pair):
            return
        ordered = self._ordered_forms()
        feed = feed_config(self.instance, listings=[form.as_config() for form in ordered])
        current = current_config()
        target = replace(current, feeds={**current.feeds, feed.pair: feed})
        own = set(feed_problems(feed))
        problems = [problem for problem in new_problems(current, target) if problem not in own]
        messages = [self._place(problem, ordered=ordered) for problem in problems]
        if left := [message for message in messages if message]:
            raise forms.ValidationError(left)

    def _place(self, problem: Problem, *, ordered: list[ListingForm]) -> str:
        """Put the problem at its row and return nothing, or return its message when it belongs to no row."""
        match problem.where:
            case ("feeds", self.instance.pair, "listings", int(index), str(name)):
                ordered[index].add_error(name if name in ordered[index].fields else None, problem.message)
                return f"Row {index + 1}: {problem.message}"
            case ("feeds", self.instance.pair, *_):
                return problem.message
        return f"{problem.where[1]}: {problem.message}"

    def _ordered_forms(self) -> list[ListingForm]:
        """Return the rows that stay: saved ones in the order dragged, then the new ones."""
        staying = [
            form
            for form in self.forms
            if form.has_changed() or form.instance.pk is not None
            if not self._should_delete_form(form)
        ]
        places = {form: index for index, form in enumerate(staying)}
        return sorted(
            staying,
            key=lambda form: (form.instance.pk is None, form.cleaned_data.get("priority") or 0, places[form]),
        )

    def save(self, commit: bool = True) -> Any:
        """Save the rows, then number them; positions may cross inside the transaction."""
        ordered = self._ordered_forms()
        saved = super().save(commit=commit)
        if commit:
            reorder_listings(self.instance.pk, listing_ids=[form.instance.pk for form in ordered])
        return saved


def _adapter_choices() -> list[tuple[str, str]]:
    return [(slug, slug) for slug in sorted(adapter_slugs())]


class LinesField(forms.CharField):
    """A list of texts, one a line."""

    def prepare_value(self, value: Any) -> Any:
        """Return the text to show."""
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Return the lines that say something."""
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare the lists, not their texts."""
        return bool(self.to_python(data) != (initial or []))


class SourceForm(GenericFieldsForm, SourceModelForm):
    """A source, judged together with every feed that lists it."""

    adapter = forms.ChoiceField(choices=_adapter_choices, widget=UnfoldAdminSelectWidget)
    base_url = forms.URLField(
        required=False,
        assume_scheme="https",
        max_length=300,
        widget=UnfoldAdminURLInputWidget,
        help_text="Empty: the adapter's own. {key} in the path stands for the API key.",
    )
    new_key = forms.CharField(
        required=False,
        strip=True,
        label="API key",
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}, render_value=False),
        help_text="Kept encrypted and never shown again. Empty: the key stays as it is.",
    )
    clear_key = forms.BooleanField(
        required=False, label="Remove the API key", widget=UnfoldBooleanSwitchWidget, help_text="When saved."
    )
    sealed: SealedKey | None = None
    mirrors = LinesField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="Further base URLs of the same source, one a line, asked when the first fails. Empty: the adapter's.",
    )
    wanted: SourceConfig

    def judged_against(self) -> Config:
        """Return the configuration this source is to fit in."""
        return current_config()

    def clean(self) -> dict[str, Any]:
        """Judge the configuration as it would be with this source."""
        cleaned = super().clean() or {}
        if self.is_described_by_fields:
            self.errors.pop("options", None)  # the JSON does not count, so its faults do not either
            cleaned["options"] = self.options_of_fields()
        slug = cleaned.get("slug") or self.instance.slug
        if self.errors or not slug:
            return cleaned
        current = self.judged_against()
        before = current.sources.get(slug) or source_config(Source(slug=slug))
        rules = {name: value for name, value in cleaned.items() if hasattr(before, name)}
        source = replace(before, **{**rules, "slug": slug, "options": cleaned.get("options") or {}})
        self.wanted = source
        target = replace(current, sources={**current.sources, slug: source})
        found = new_problems(current, target) or list(lookup_problems(source, before=before))
        problems = [self._placed(problem) for problem in found]
        add_errors(self, problems, owner=("sources", slug))
        self._judge_key(source)
        return cleaned

    def _placed(self, problem: Problem) -> Problem:
        """Return a problem of the options at the field that holds the option."""
        if problem.where[-1] != "options" or not self.is_described_by_fields:
            return problem
        key, _, told = problem.message.partition(": ")
        if f"{PREFIX}{key}" in self.fields:
            return replace(problem, where=(*problem.where[:-1], f"{PREFIX}{key}"), message=told)
        return replace(problem, where=(*problem.where[:-1], f"{PREFIX}url"))

    def _judge_key(self, source: SourceConfig) -> None:
        """Seal a new key for where the source will be asked; refuse to leave a key behind at another host."""
        new_key, clear = self.cleaned_data.get("new_key", ""), self.cleaned_data.get("clear_key", False)
        kept = SourceKey.objects.filter(source__slug=source.slug).first()
        try:
            if new_key and clear:
                self.add_error("clear_key", "Either a new key or none: both are given.")
            elif new_key:
                self.sealed = seal_key(source, new_key)
            elif kept and not clear and kept.origin != key_origin(source):
                self.add_error("new_key", f"The key was set for {kept.origin}: enter it again, or remove it.")
        except SealError as exc:
            self.add_error("new_key", str(exc))

    def clean_options(self) -> dict[str, Any]:
        """Return the options; an emptied field means none."""
        options = self.cleaned_data.get("options") or {}
        if not isinstance(options, dict):
            raise forms.ValidationError('Options are a JSON object: {"name": value, …}.')
        return options
