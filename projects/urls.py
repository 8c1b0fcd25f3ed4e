from django.http import HttpRequest, HttpResponse
from django.urls import path

app_name = "projects"


def dashboard(request: HttpRequest) -> HttpResponse:
    return HttpResponse("projects")


urlpatterns = [path("projects/", dashboard, name="dashboard")]
