from django.urls import path

from notation import review, views

app_name = "notation"
urlpatterns = [
    path("projects/<int:pk>/scores/", views.of_project, name="of_project"),
    path("projects/<int:pk>/review/", review.review, name="review"),
    path("projects/<int:pk>/review/<int:score>/", review.cell, name="cell"),
    path("projects/<int:pk>/review/<int:score>/r<int:number>/", review.music, name="cell_music"),
    path("songs/<int:pk>/rename/", review.rename_song, name="rename_song"),
    path("songs/<int:pk>/move/", review.move_song, name="move_song"),
    path("scores/<int:pk>/", views.score, name="score"),
    path("scores/<int:pk>/facts/", views.facts, name="facts"),
    path("scores/<int:pk>/latest.json", views.latest, name="latest"),
    path("scores/<int:pk>/rename/", views.rename, name="rename"),
    path("scores/<int:pk>/r<int:number>/restore/", views.restore, name="restore"),
    path("scores/<int:pk>/r<int:number>.musicxml", views.revision_document, name="revision_document"),
]
