"""The admin of sources with what rounds know: a live test. Here, because feeds know nothing of rounds."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.forms import modelform_factory
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from unfold.decorators import action

from apps.feeds.admin.sources import SourceAdmin
from apps.feeds.models import Source
from apps.rounds.source_trial import AskedForm, TrialSourceForm, run_trial

admin.site.unregister(Source)


@admin.register(Source)
class SourceWithTestAdmin(SourceAdmin):
    """Sources, each with a test that asks it now, saved or not."""

    change_form_outer_after_template = "rounds/source_test.html"
    actions_detail = ("scorecard",)

    class Media:
        css = {"all": ("rounds/source_test.css",)}

    @action(description="Scorecard", permissions=["view"], icon="leaderboard", url_path="scorecard")  # type: ignore[untyped-decorator]
    def scorecard(self, request: HttpRequest, object_id: str) -> HttpResponse:  # noqa: ARG002
        """Show how this source did, feed by feed."""
        slug = Source.objects.get(pk=object_id).slug
        return HttpResponseRedirect(
            f"{reverse('admin:scorecards_sourcescore_changelist')}?{urlencode({'source': slug})}"
        )

    def get_urls(self) -> list[URLPattern]:
        """Add the tests of a new and of a saved source."""
        test = self.admin_site.admin_view(self.test_source)
        return [
            path("test/", test, name="feeds_source_test"),
            path("<int:object_id>/test/", test, name="feeds_source_test_saved"),
            *super().get_urls(),
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Put the test beside the form, for those who may change the source."""
        context = dict(extra_context or {})
        if self.has_change_permission(request):
            saved = reverse("admin:feeds_source_test_saved", args=[object_id]) if object_id else ""
            context |= {"test_form": AskedForm(), "test_button": _button(saved or reverse("admin:feeds_source_test"))}
        return super().changeform_view(request, object_id, form_url, context)

    @method_decorator(sensitive_post_parameters("new_key"))
    def test_source(self, request: HttpRequest, object_id: int | None = None) -> HttpResponse:
        """Ask the source as the posted form describes it, and show what came of it; nothing is saved."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        source = Source.objects.filter(pk=object_id).first() if object_id else Source()
        if source is None:
            raise Http404
        if not self.has_change_permission(request, source if object_id else None):
            raise PermissionDenied
        # The slug of a saved source is not in its form.
        excluded = ("slug",) if object_id else ()
        form_class = modelform_factory(Source, form=TrialSourceForm, exclude=excluded)
        form, asked = form_class(request.POST, instance=source), AskedForm(request.POST)
        context: dict[str, Any] = {"form": form, "asked": asked}
        if isinstance(form, TrialSourceForm) and form.is_valid() and asked.is_valid():
            context["trial"] = run_trial(form, asked)
        return render(request, "rounds/_source_test_result.html", context)


def _button(url: str) -> dict[str, str]:
    """Return the attributes that make a button send form and question to the test, and show its answer."""
    return {
        "type": "button",
        "hx-post": url,
        "hx-include": "#source_form, #source-test",
        "hx-target": "#source-test-result",
        "hx-indicator": "#source-test-busy",
        "hx-disabled-elt": "this",
    }
