"""Django app ``rounds``."""

from django.apps import AppConfig


class RoundsConfig(AppConfig):
    """Registers ``apps.rounds``, and starts rounds for operators who want a fresher report."""

    name = "apps.rounds"

    def ready(self) -> None:
        """Hand the start of a round down to submissions, which stand below."""
        from apps.rounds import workflow  # noqa: PLC0415 - models are not loaded before
        from apps.submissions import operating  # noqa: PLC0415

        operating.register_round_starter(workflow.start_asked_round)
