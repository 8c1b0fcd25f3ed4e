from projects.models.project import Activity, Project
from projects.models.source import Blob, Source
from projects.models.upload import Upload

__all__ = ["Activity", "Blob", "Project", "Source", "Upload"]
