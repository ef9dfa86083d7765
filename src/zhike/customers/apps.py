from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "zhike.customers"
    label = "customers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from zhike.customers import events, facts, forgetting, imports, keeping, telling  # noqa: F401

        facts.declare()
        forgetting.declare()
        keeping.declare()
        telling.declare()
        imports.declare()
