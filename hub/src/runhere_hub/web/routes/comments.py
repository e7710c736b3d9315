"""Comments on a notebook's cells (ADR 33)."""

from typing import Annotated

from fastapi import Path

from runhere_hub.core.comments import Marked
from runhere_hub.services import comments
from runhere_hub.services.comments import New, Shown
from runhere_hub.web import models
from runhere_hub.web.deps import NotebookIdPath, PersonDep, ServicesDep
from runhere_hub.web.labels import Routes, Who

CommentIdPath = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]

routes = Routes("/api/v1/notebooks/{notebook_id}/comments", tag="comments")


@routes.add("GET", "", who=Who.PERSON, errors=(404,))
async def list_comments(notebook_id: NotebookIdPath, person: PersonDep, services: ServicesDep) -> models.Comments:
    found = await comments.of_notebook(services.comments, person, notebook_id)
    return models.Comments(comments=[_shown(one) for one in found])


@routes.add("POST", "", who=Who.PERSON, status=201, errors=(404, 409, 422, 429))
async def add_comment(
    notebook_id: NotebookIdPath, body: models.NewComment, person: PersonDep, services: ServicesDep
) -> models.MadeComment:
    marked = None if body.marked is None else Marked(body.marked.start, body.marked.end)
    new = New(body.cell_id, body.body, body.reply_to, marked)
    return models.MadeComment(id=await comments.add(services.comments, person, notebook_id, new))


@routes.add("PATCH", "/{comment_id}", who=Who.PERSON, status=204, errors=(404, 422))
async def edit_comment(
    notebook_id: NotebookIdPath,
    comment_id: CommentIdPath,
    body: models.EditComment,
    person: PersonDep,
    services: ServicesDep,
) -> None:
    await comments.edit(services.comments, person, notebook_id, comment_id, body.body)


@routes.add("POST", "/{comment_id}/resolved", who=Who.PERSON, status=204, errors=(404, 422))
async def resolve_comment(
    notebook_id: NotebookIdPath,
    comment_id: CommentIdPath,
    body: models.ResolveComment,
    person: PersonDep,
    services: ServicesDep,
) -> None:
    await comments.resolve(services.comments, person, notebook_id, comment_id, is_resolved=body.resolved)


@routes.add("DELETE", "/{comment_id}", who=Who.PERSON, status=204, errors=(404,))
async def delete_comment(
    notebook_id: NotebookIdPath, comment_id: CommentIdPath, person: PersonDep, services: ServicesDep
) -> None:
    await comments.remove(services.comments, person, notebook_id, comment_id)


def _shown(one: Shown) -> models.Comment:
    comment = one.comment
    return models.Comment(
        id=comment.id,
        cell_id=comment.cell_id,
        reply_to=comment.reply_to,
        author=None if one.author is None else models.Person.model_validate(one.author),
        body=comment.body,
        marked=None
        if comment.marked is None
        else models.MarkedText(start=comment.marked.start, end=comment.marked.end),
        created_at=comment.created_at,
        edited_at=comment.edited_at,
        is_deleted=comment.deleted_at is not None,
        resolved_at=comment.resolved_at,
        resolver=None if one.resolver is None else models.Person.model_validate(one.resolver),
        may_edit=one.may_edit,
        may_delete=one.may_delete,
    )
