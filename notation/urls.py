from django.urls import URLPattern

app_name = "notation"
urlpatterns: list[URLPattern] = []
