from django.apps import AppConfig


class NotationConfig(AppConfig):
    name = "notation"

    def ready(self) -> None:
        from notation import signals

        signals.connect()
