"""API keys in admin: made there, shown once, switched off, never read back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from apps.api.models import ApiKey, Scope, hash_secret
from apps.api.services import new_key_text, split_key_text


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """Scopes as check boxes."""

    scopes = forms.MultipleChoiceField(choices=Scope.choices, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = ApiKey
        fields = ("name", "scopes", "owner", "quota_per_minute", "enabled")


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):  # type: ignore[misc]
    """Keys of the REST API."""

    form = ApiKeyForm
    list_display = ("name", "prefix", "scope_list", "owner", "quota_per_minute", "enabled", "last_used_at")
    list_filter = ("enabled",)
    search_fields = ("name", "prefix")
    list_select_related = ("owner",)
    readonly_fields = ("prefix", "created_at", "last_used_at")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer people no owner but themselves: a key decides in its owner's name, and two of one hand are one."""
        if db_field.name == "owner" and not request.user.is_superuser:
            kwargs["queryset"] = User.objects.filter(username=request.user.get_username())
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description="scopes")
    def scope_list(self, api_key: ApiKey) -> str:
        """Return the scopes in one line."""
        return ", ".join(api_key.scopes)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        """Save; a new key gets its secret here, and the page after it is the only place that shows it."""
        if change:
            super().save_model(request, obj, form, change)
            return
        text = new_key_text()
        obj.prefix, secret = split_key_text(text)
        obj.secret_sha256 = hash_secret(secret)
        super().save_model(request, obj, form, change)
        self.message_user(request, f"Copy the key now, it is not shown again: {text}", messages.WARNING)
