"""Search by name and text."""

from typing import Annotated

from fastapi import Query

from runhere_hub.services import search
from runhere_hub.web import models
from runhere_hub.web.deps import PersonDep, ServicesDep
from runhere_hub.web.labels import Routes, Who

routes = Routes("/api/v1/search", tag="search")


@routes.add("GET", "", who=Who.PERSON, errors=(422, 429))
async def search_notebooks(
    q: Annotated[str, Query(min_length=1, max_length=200)],
    person: PersonDep,
    services: ServicesDep,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> models.SearchResults:
    answer = await search.search(services.drive, person, q, limit=limit)
    results = [
        models.SearchResult(
            notebook=models.FoundNotebook(id=f.notebook_id, folder_id=f.folder_id, path=f.path, name=f.name),
            matches=[models.Match.model_validate(m) for m in f.matches],
        )
        for f in answer.results
    ]
    return models.SearchResults(results=results, is_complete=answer.is_complete, unreadable=answer.unreadable)
