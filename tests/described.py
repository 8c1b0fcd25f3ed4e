"""A client of the API that holds every request and every answer against the schema.

    ask = Described(client)
    ask("POST", "/api/v1/projects/1/songs/2/merge/", {"song": 3}, expect=200)

What is sent has to be right by the schema, except where 400 is expected: then it has to be wrong by it. What comes
has to be an answer that the operation describes, and to have no member that its description does not name.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from django.test import Client
from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator, oas30_format_checker

PROBLEM = "application/problem+json"


@cache
def schema() -> dict[str, Any]:
    """As anybody may fetch it, with no room for what it does not name."""
    found: dict[str, Any] = _closed(Client().get("/api/v1/schema/?format=json").json())
    return found


class Described:
    def __init__(self, client: Client) -> None:
        self.client = client
        self.schema = schema()

    def __call__(self, method: str, path: str, body: Any = None, *, expect: int) -> Any:
        operation = self.operation(method, path.partition("?")[0])
        self._sent(operation, body, right=expect != 400)
        data = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        answer = getattr(self.client, method.lower())(path, **data)
        assert answer.status_code == expect, answer.content.decode()[:2000]
        return self._came(operation, answer)

    def operation(self, method: str, path: str) -> dict[str, Any]:
        for template in sorted(self.schema["paths"], key=lambda one: one.count("{")):  # rules/all before rules/{id}
            pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template))
            if re.fullmatch(pattern, path) and method.lower() in self.schema["paths"][template]:
                found: dict[str, Any] = self.schema["paths"][template][method.lower()]
                return found
        raise AssertionError(f"the schema does not name {method} {path}")

    def _sent(self, operation: dict[str, Any], body: Any, *, right: bool) -> None:
        if "requestBody" not in operation:
            assert body is None, "the schema says that nothing is sent"
            return
        validator = self._validator(OAS30WriteValidator, operation["requestBody"]["content"]["application/json"])
        wrong = [error.message for error in validator.iter_errors(body)]
        assert right is not bool(wrong), wrong or "by the schema this is right"

    def _came(self, operation: dict[str, Any], answer: Any) -> Any:
        status = str(answer.status_code)
        described = operation["responses"].get(status)
        if described is None:
            assert answer.status_code >= 400, f"the schema names no {status}"
            described = operation["responses"]["default"]
        if "content" not in described:
            assert not answer.content
            return None
        kind = answer["Content-Type"].partition(";")[0]
        assert kind in described["content"], kind
        assert (kind == PROBLEM) is (answer.status_code >= 400)
        body = answer.json()
        self._validator(OAS30ReadValidator, described["content"][kind]).validate(body)
        return body

    def _validator(self, kind: Any, content: dict[str, Any]) -> Any:
        whole = {"allOf": [content["schema"]], "components": self.schema["components"]}
        return kind(whole, format_checker=oas30_format_checker)


def _closed(schema: Any) -> Any:
    """No object has members that are not described."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(one) for name, one in schema.items()}
    if closed.get("type") == "object" and isinstance(closed.get("properties"), dict):
        closed.setdefault("additionalProperties", False)
    return closed
