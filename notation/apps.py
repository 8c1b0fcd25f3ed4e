from django.apps import AppConfig


class NotationConfig(AppConfig):
    name = "notation"
