"""Query parameters that need more than a type."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from app.errors import Fault, InvalidParameter
from app.ids import parse_uuid


async def get_author_id(author_id: Annotated[str | None, Query()] = None) -> UUID | None:
    if author_id is None:
        return None
    parsed = parse_uuid(author_id)
    if parsed is None:
        raise InvalidParameter(Fault("author_id", "format", "must be a UUID"))
    return parsed


AuthorId = Annotated[UUID | None, Depends(get_author_id)]
