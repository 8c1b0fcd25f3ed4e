from media_pipeline.models.artifact import Artifact
from media_pipeline.models.event import Event
from media_pipeline.models.job import Job, JobSource
from media_pipeline.models.step import Step
from media_pipeline.models.worker import Speed, Worker

__all__ = ["Artifact", "Event", "Job", "JobSource", "Speed", "Step", "Worker"]
