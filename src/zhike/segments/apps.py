from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    name = "zhike.segments"
    label = "segments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from zhike.segments import events, facts, reactions  # noqa: F401

        facts.declare()
