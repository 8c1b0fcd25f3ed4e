"""Jobs, recipes and exports, by the API. The same services as the pages; other people's things are 404."""

from __future__ import annotations

from typing import Any, cast

from django.http import Http404, HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from media_pipeline import prints_api, proofs, services, show, sort_api
from media_pipeline.access import job_for, jobs_of
from media_pipeline.exports import PLAN, start_export
from media_pipeline.models import Job, Step
from media_pipeline.recipes import DERIVE, RECIPES
from notation.access import score_for
from notation.exports import KINDS
from notation.models import Export
from projects.access import project_for, projects_of, sources_of
from projects.files import serve


def person(request: Request) -> User:
    return cast(User, request.user)


class StepSerializer(serializers.ModelSerializer[Step]):
    seconds = serializers.FloatField(read_only=True, help_text="How long it took, or has been taking.")

    class Meta:
        model = Step
        fields = ("stage", "index", "state", "progress", "note", "engine", "cached", "attempts", "seconds")
        read_only_fields = fields


class JobSerializer(serializers.ModelSerializer[Job]):
    """A job as it stands; `version` grows with every visible change."""

    steps = StepSerializer(many=True, read_only=True)
    percent = serializers.SerializerMethodField()
    seconds_left = serializers.SerializerMethodField(help_text="From measured speed; null where unknown.")
    place = serializers.SerializerMethodField(help_text="In the queue, 1 is next; 0 when it does not wait.")

    class Meta:
        model = Job
        fields = (
            "id", "project", "recipe", "title", "options", "sources", "score", "export", "state", "version",
            "percent", "seconds_left", "place", "problem", "hint", "permanent", "notices", "steps",
            "created_at", "started_at", "finished_at",
        )  # fmt: skip
        read_only_fields = fields

    @cached_property
    def present(self) -> show.Present:
        return show.Present()

    def get_percent(self, job: Job) -> int:
        return show.percent(job, list(job.steps.all()))

    def get_seconds_left(self, job: Job) -> float | None:
        if not job.active:
            return None
        left = show.seconds_left(job, job.plan, list(job.steps.all()), self.present)
        return round(left, 1) if left is not None else None

    def get_place(self, job: Job) -> int:
        return self.present.place(job)


class StartSerializer(serializers.Serializer[Any]):
    project = serializers.IntegerField(min_value=1, max_value=2**62)
    recipe = serializers.ChoiceField(choices=[name for name, plan in RECIPES.items() if plan.accepts])
    sources = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=2**62), max_length=200)
    options = serializers.DictField(default=dict, help_text='{"stage.option": value}; see /recipes/')


class OptionsSerializer(serializers.Serializer[Any]):
    options = serializers.DictField(default=dict, help_text='{"stage.option": value}; what is left out stays')


@extend_schema_view(
    list=extend_schema(
        parameters=[
            OpenApiParameter("project", int, description="Only those of this project."),
            OpenApiParameter("state", str, enum=list(Job.State.values)),
        ]
    )
)
class JobViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Job]):
    """Start a job, watch it, cancel it, try it again, run it with other options."""

    serializer_class = JobSerializer
    queryset = Job.objects.none()
    lookup_value_converter = "int"

    def get_queryset(self) -> Any:
        found = jobs_of(person(self.request)).prefetch_related("steps", "sources")
        asked = self.request.query_params
        if self.action == "list":
            if (project := asked.get("project")) is not None:
                if not project.isdecimal() or len(project) > 18:
                    raise NotFound
                found = found.filter(project=project_for(self.request.user, int(project)))
            if (state := asked.get("state")) is not None:
                found = found.filter(state=state)
        return found

    @extend_schema(request=StartSerializer, responses={201: JobSerializer})
    def create(self, request: Request) -> Response:
        asked = StartSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        project = project_for(request.user, given["project"])
        mine = {s.pk: s for s in sources_of(request.user).filter(pk__in=given["sources"]).select_related("blob")}
        if set(given["sources"]) - mine.keys():
            raise NotFound
        job = services.start_job(
            person(request),
            project=project,
            recipe=given["recipe"],
            sources=[mine[pk] for pk in given["sources"]],
            options=given["options"],
        )
        return self._answer(job, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: int) -> Response:
        """Stops within two seconds; everything finished is kept."""
        return self._answer(services.cancel_job(job_for(request.user, pk)))

    @extend_schema(request=OptionsSerializer, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: int) -> Response:
        """Run again what failed or was cancelled; a permanent failure only with other options."""
        asked = OptionsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        options = asked.validated_data["options"] or None
        return self._answer(services.retry_job(job_for(request.user, pk), options=options))

    @extend_schema(request=OptionsSerializer, responses={201: JobSerializer})
    @action(detail=True, methods=["post"])
    def change(self, request: Request, pk: int) -> Response:
        """The same music with other options: only what lies downstream runs; a finished score gets a revision."""
        asked = OptionsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        job = services.change_options(job_for(request.user, pk), options=asked.validated_data["options"])
        return self._answer(job, status=status.HTTP_201_CREATED)

    def _answer(self, job: Job, *, status: int = status.HTTP_200_OK) -> Response:
        again = jobs_of(person(self.request)).prefetch_related("steps", "sources").get(pk=job.pk)
        where = reverse("api:job-detail", args=[job.pk])
        return Response(JobSerializer(again).data, status=status, headers={"Location": where})


class ExportSerializer(serializers.ModelSerializer[Export]):
    """A file to take along; `file` is null until it is made, `problem` says why it never will be."""

    score = serializers.IntegerField(source="revision.score_id", read_only=True)
    revision = serializers.IntegerField(source="revision.number", read_only=True)
    file = serializers.SerializerMethodField()

    class Meta:
        model = Export
        fields = (
            "id", "score", "revision", "kind", "options", "name", "media_type", "size", "problem", "file",
            "created_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_file(self, export: Export) -> str | None:
        return reverse("api:export-file", args=[export.pk]) if export.file else None


class MakeSerializer(serializers.Serializer[Any]):
    score = serializers.IntegerField(min_value=1, max_value=2**62)
    revision = serializers.IntegerField(required=False, min_value=1, max_value=2**31, help_text="Default: the newest.")
    kind = serializers.ChoiceField(choices=list(KINDS))
    options = serializers.DictField(default=dict, help_text='{"paper": "A4", "view": "both", …}')


@extend_schema_view(
    list=extend_schema(parameters=[OpenApiParameter("score", int, description="Only those of this score.")])
)
class ExportViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Export]):
    """Files to take along, made by a job of their own."""

    serializer_class = ExportSerializer
    queryset = Export.objects.none()
    lookup_value_converter = "int"

    def get_queryset(self) -> Any:
        found = Export.objects.filter(revision__score__project__in=projects_of(person(self.request)))
        score = self.request.query_params.get("score") if self.action == "list" else None
        if score is not None:
            if not score.isdecimal() or len(score) > 18:
                raise NotFound
            found = found.filter(revision__score=score_for(person(self.request), int(score)))
        return found.select_related("revision")

    @extend_schema(request=MakeSerializer, responses={201: ExportSerializer, 200: ExportSerializer})
    def create(self, request: Request) -> Response:
        """Begin to make a file. One that is there already is answered at once (200)."""
        asked = MakeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        score = score_for(person(request), given["score"])
        revisions = score.revisions.order_by("-number")
        if "revision" in given:
            revisions = revisions.filter(number=given["revision"])
        if (revision := revisions.first()) is None:
            raise NotFound
        options = {f"{PLAN.stages[0].name}.{name}": value for name, value in given["options"].items()}
        kind = {f"{PLAN.stages[0].name}.kind": given["kind"]}
        export = start_export(person(request), revision=revision, options={**options, **kind})
        code = status.HTTP_200_OK if export.file else status.HTTP_201_CREATED
        headers = {"Location": reverse("api:export-detail", args=[export.pk])}
        return Response(self.get_serializer(export).data, status=code, headers=headers)

    @extend_schema(responses={(200, "*/*"): OpenApiResponse(OpenApiTypes.BINARY)})
    @action(detail=True, methods=["get"])
    def file(self, request: Request, pk: int) -> HttpResponseBase:
        export = self.get_queryset().filter(pk=pk).first()
        if export is None or not export.file:
            raise Http404
        return serve(request._request, export.file, name=export.name, media_type=export.media_type)


class OptionSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    label = serializers.CharField(source="option.label")  # type: ignore[assignment]
    help = serializers.CharField(source="option.help")
    default = serializers.JSONField(source="option.default")
    choices = serializers.ListField(source="option.choices")
    minimum = serializers.FloatField(source="option.minimum", allow_null=True)
    maximum = serializers.FloatField(source="option.maximum", allow_null=True)
    when = serializers.CharField(source="option.when")


class RecipeSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    help = serializers.CharField()
    accepts = serializers.ListField(child=serializers.CharField())
    stages = serializers.SerializerMethodField()
    options = serializers.SerializerMethodField()

    def get_stages(self, plan: Any) -> list[dict[str, Any]]:
        return [{"name": s.name, "label": s.label, "weight": s.weight} for s in plan.in_order()]

    @extend_schema(responses=OptionSerializer(many=True))
    def get_options(self, plan: Any) -> Any:
        return OptionSerializer([{"name": name, "option": o} for name, o in plan.options()], many=True).data


class RecipeViewSet(viewsets.ViewSet):
    """What can be made, and with which options."""

    @extend_schema(responses=RecipeSerializer(many=True))
    def list(self, request: Request) -> Response:
        made = [plan for plan in RECIPES.values() if plan.accepts]
        return Response(RecipeSerializer(made, many=True).data)


_PROJECT = OpenApiParameter("project", int, OpenApiParameter.PATH, description="Of the project.")


class ProofReadingViewSet(viewsets.ViewSet):
    """The band's proof-reading, which goes on by itself after reading, and by POST after changes."""

    @extend_schema(parameters=[_PROJECT], request=None, responses={200: JobSerializer, 204: None})
    def create(self, request: Request, project: str) -> Response:
        """The job that holds the parts together; 204 where none has changed since the last."""
        job = proofs.ensure(person(request), project_for(request.user, int(project)))
        if job is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response(JobSerializer(job).data)


class DeriveViewSet(viewsets.ViewSet):
    """Carrying out the rules that are ticked (/rules/tick/)."""

    @extend_schema(parameters=[_PROJECT], request=None, responses={201: JobSerializer})
    def create(self, request: Request, project: str) -> Response:
        """A job that makes the parts; each becomes a book, or a revision where it was made before."""
        home = project_for(request.user, int(project))
        job = services.start_job(
            person(request), project=home, recipe=DERIVE.name, title=home.title, priority=services.NOW
        )
        return Response(JobSerializer(job).data, status=status.HTTP_201_CREATED)


IN_PROJECT = r"projects/(?P<project>[0-9]{1,18})"
ROUTES: list[tuple[str, type[viewsets.ViewSetMixin], str]] = [
    ("jobs", JobViewSet, "job"),
    (f"{IN_PROJECT}/proof-reading", ProofReadingViewSet, "proof-reading"),
    (f"{IN_PROJECT}/derive", DeriveViewSet, "derive"),
    ("exports", ExportViewSet, "export"),
    ("recipes", RecipeViewSet, "recipe"),
    *prints_api.ROUTES,
]
URLS = [*prints_api.URLS, *sort_api.URLS]
