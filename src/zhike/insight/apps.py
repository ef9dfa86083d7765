from django.apps import AppConfig


class InsightConfig(AppConfig):
    name = "zhike.insight"
    label = "insight"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from zhike.insight import events, facts, lake, reactions  # noqa: F401
        from zhike.records.queries import counts_widely

        facts.declare()
        counts_widely(lake.count)
