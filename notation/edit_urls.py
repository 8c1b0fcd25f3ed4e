"""What is below the page of one part while somebody corrects it."""

from django.urls import path

from notation import edit_views as views

CELL = "projects/<int:pk>/review/<int:score>/"

urlpatterns = [
    path(f"{CELL}r<int:number>/lines/", views.cell_lines, name="cell_lines"),
    path(f"{CELL}r<int:number>/bar/<int:bar>/", views.cell_bar, name="cell_bar"),
    path(f"{CELL}r<int:number>/sound/<int:bar>/", views.cell_sound, name="cell_sound"),
    path(f"{CELL}edit/", views.cell_edit, name="cell_edit"),
    path(f"{CELL}accept/", views.cell_accept, name="cell_accept"),
    path(f"{CELL}derived/", views.cell_derived, name="cell_derived"),
    path(f"{CELL}undo/", views.cell_undo, name="cell_undo"),
    path(f"{CELL}redo/", views.cell_redo, name="cell_redo"),
    path(f"{CELL}elsewhere/", views.cell_elsewhere, name="cell_elsewhere"),
    path(f"{CELL}history/", views.cell_history, name="cell_history"),
]
