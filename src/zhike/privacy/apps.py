from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "zhike.privacy"
    label = "privacy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from zhike.privacy import events, facts, imports  # noqa: F401

        facts.declare()
        imports.declare()
