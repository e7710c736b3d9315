"""Everybody's hosted runtimes: for administrators in the page, and for the command line on the hub's own machine."""

from typing import Annotated, Literal, cast

from fastapi import Path

from runhere_hub.services import all_runtimes
from runhere_hub.services.all_runtimes import Held
from runhere_hub.services.runtimes import Runtimes
from runhere_hub.web import models
from runhere_hub.web.deps import CameDep, HostedDep, PersonDep
from runhere_hub.web.labels import Routes, Who

routes = Routes("/api/v1", tag="runtimes")
UserNamePath = Annotated[str, Path(min_length=1, max_length=64)]


@routes.add("GET", "/admin/runtimes", who=Who.ADMIN, errors=(404, 503))
async def list_runtimes(hosted: HostedDep) -> models.HeldRuntimes:
    return await _every(hosted.runtimes)


@routes.add("POST", "/admin/runtimes/{user_name}/stop", who=Who.ADMIN, errors=(404, 503))
async def stop_runtime(
    user_name: UserNamePath, person: PersonDep, hosted: HostedDep, came: CameDep
) -> models.StoppedRuntime:
    was = await all_runtimes.stop(hosted.runtimes, user_name, by=person, came=came)
    return models.StoppedRuntime(was_running=was)


@routes.add("POST", "/control/runtimes", who=Who.COMMAND_LINE, errors=(401, 403, 404, 503))
async def list_runtimes_here(hosted: HostedDep) -> models.HeldRuntimes:
    return await _every(hosted.runtimes)


@routes.add("POST", "/control/runtimes/{user_name}/stop", who=Who.COMMAND_LINE, errors=(401, 403, 404, 503))
async def stop_runtime_here(user_name: UserNamePath, hosted: HostedDep) -> models.StoppedRuntime:
    return models.StoppedRuntime(was_running=await all_runtimes.stop(hosted.runtimes, user_name, by=None))


async def _every(of: Runtimes) -> models.HeldRuntimes:
    found = await all_runtimes.every(of)
    return models.HeldRuntimes(provider=of.provider.name, runtimes=[_view(one) for one in found])


def _view(one: Held) -> models.HeldRuntime:
    return models.HeldRuntime(
        person_id=one.account.person.id,
        user_name=one.account.user_name,
        name=one.account.person.name,
        state=cast(Literal["starting", "ready", "failed"], one.status.state),  # absent ones are left out
        since=one.since,
        is_busy=one.activity.is_busy,
        used_at=one.activity.used_at,
        memory_bytes=one.activity.memory_bytes,
    )
