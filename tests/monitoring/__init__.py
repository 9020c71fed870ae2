"""Tests of apps.monitoring."""
