from django.apps import AppConfig


class OwnershipConfig(AppConfig):
    name = "zhike.ownership"
    label = "ownership"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from zhike.ownership import events, facts, reactions  # noqa: F401

        facts.declare()
