"""Large output values, addressed by their SHA-256 (SPEC 4.5)."""

from fastapi import Request, Response

from runhere_hub.services import blobs, notebooks
from runhere_hub.web.deps import CellIdQuery, NotebookIdPath, PersonDep, ServicesDep, Sha256Path
from runhere_hub.web.labels import UPLOAD_LIMIT_BYTES, Routes, Who

routes = Routes("/api/v1/notebooks/{notebook_id}/blobs", tag="blobs")


@routes.add(
    "PUT",
    "/{sha256}",
    who=Who.PERSON,
    status=204,
    max_body_bytes=UPLOAD_LIMIT_BYTES,
    takes_bytes=True,
    errors=(404, 413, 422, 503),
)
async def put_blob(
    notebook_id: NotebookIdPath,
    sha256: Sha256Path,
    request: Request,
    person: PersonDep,
    services: ServicesDep,
    cell: CellIdQuery = None,
) -> None:
    await notebooks.may_edit(services.drive, person, notebook_id)
    await blobs.put(services.blobs, notebook_id, sha256, await request.body(), cell_id=cell)


@routes.add("GET", "/{sha256}", who=Who.PERSON, errors=(404,))
async def get_blob(
    notebook_id: NotebookIdPath, sha256: Sha256Path, person: PersonDep, services: ServicesDep
) -> Response:
    await notebooks.may_read(services.drive, person, notebook_id)
    data = await blobs.get(services.blobs, notebook_id, sha256)
    headers = {
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Disposition": "attachment",
    }
    return Response(data, media_type="application/octet-stream", headers=headers)
