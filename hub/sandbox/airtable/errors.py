"""Which refusals does Airtable give, word for word?"""

from __future__ import annotations

from hub.sandbox.airtable.json_values import Json

TEN_WITH_IDS = (
    'You must provide an array of up to 10 record objects, each with an "id" ID field and a '
    '"fields" object for cell values.'
)
TEN_WITHOUT_IDS = (
    'You must provide an array of up to 10 record objects, each with a "fields" object for cell '
    "values."
)
TEN_IDS = "You must provide an array of up to 10 record IDs."


class AirtableError(Exception):
    """An answer that is not 2xx: status, type and, mostly, a message."""

    def __init__(self, status: int, kind: str, message: str | None = None) -> None:
        super().__init__(f"{status} {kind} {message or ''}")
        self.status = status
        self.kind = kind
        self.message = message

    def body(self) -> Json:
        if self.kind == "NOT_FOUND" and self.message is None:
            return {"error": "NOT_FOUND"}
        if self.message is None:
            return {"error": {"type": self.kind}}
        return {"error": {"type": self.kind, "message": self.message}}


def route_not_found() -> AirtableError:
    return AirtableError(404, "NOT_FOUND")


def authentication_required() -> AirtableError:
    return AirtableError(401, "AUTHENTICATION_REQUIRED", "Authentication required")


def model_not_found() -> AirtableError:
    return AirtableError(
        403,
        "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND",
        "Invalid permissions, or the requested model was not found. Check that both your user and "
        "your token have the required permissions, and that the model names and/or ids are "
        "correct.",
    )


def not_permitted(what: str = "perform this operation") -> AirtableError:
    return AirtableError(403, "INVALID_PERMISSIONS", f"You are not permitted to {what}")


def unprocessable(kind: str, message: str | None = None) -> AirtableError:
    return AirtableError(422, kind, message)


def invalid_request(message: str | None = None) -> AirtableError:
    return unprocessable(
        "INVALID_REQUEST_UNKNOWN",
        message or "Invalid request: parameter validation failed. Check your request data.",
    )


def missing_fields(name: str = "fields") -> AirtableError:
    return unprocessable(
        "INVALID_REQUEST_MISSING_FIELDS", f'Could not find field "{name}" in the request body'
    )


def unknown_field(name: str) -> AirtableError:
    return unprocessable("UNKNOWN_FIELD_NAME", f'Unknown field name: "{name}"')


def bad_value(field_name: str) -> AirtableError:
    return unprocessable(
        "INVALID_VALUE_FOR_COLUMN", f'Field "{field_name}" cannot accept the provided value'
    )


def computed_field(field_name: str) -> AirtableError:
    return unprocessable(
        "INVALID_VALUE_FOR_COLUMN",
        f'Field "{field_name}" cannot accept a value because the field is computed',
    )


def unknown_choice(name: str) -> AirtableError:
    return unprocessable(
        "INVALID_MULTIPLE_CHOICE_OPTIONS",
        f'Insufficient permissions to create new select option ""{name}""',
    )


def row_does_not_exist(record_id: str) -> AirtableError:
    return unprocessable(
        "ROW_DOES_NOT_EXIST", f"Record ID {record_id} does not exist in this table"
    )


def rate_limited() -> AirtableError:
    return AirtableError(429, "RATE_LIMIT_REACHED", "Rate limit exceeded. Please try again later")
