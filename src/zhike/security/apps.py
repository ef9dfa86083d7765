from django.apps import AppConfig


class SecurityConfig(AppConfig):
    name = "zhike.security"
    label = "security"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from zhike.security import events, facts, reactions  # noqa: F401

        facts.declare()
