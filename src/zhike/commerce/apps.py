from django.apps import AppConfig


class CommerceConfig(AppConfig):
    name = "zhike.commerce"
    label = "commerce"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from zhike.commerce import events, facts, imports  # noqa: F401

        facts.declare()
        imports.declare()
