from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "zhike.access"
    label = "access"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from zhike.access import events  # noqa: F401
