"""Makes the bucket in which files are kept on S3, where it is not there yet."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.STORAGE != "s3":
            raise CommandError("Files are kept on disk (STORAGE=files); there is no bucket to make.")
        from botocore.exceptions import ClientError

        storage: Any = default_storage
        client, name = storage.connection.meta.client, storage.bucket_name
        try:
            client.head_bucket(Bucket=name)
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") != 404:
                raise CommandError(f"The bucket {name} cannot be reached: {error}") from error
            client.create_bucket(Bucket=name)
            self.stdout.write(f"Made the bucket {name}.")
