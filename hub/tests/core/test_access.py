"""Who may do what."""

import pytest

from runhere_hub.core.access import Grant, Owned, Role, Verb, can, role_of
from runhere_hub.core.ids import NotebookId, PersonId

ADA, BOB, EVE = PersonId("a" * 32), PersonId("b" * 32), PersonId("e" * 32)
NOTEBOOK = Owned(id="1" * 32, owner_id=ADA)
OTHER = NotebookId("2" * 32)

MAY: dict[Role, set[Verb]] = {
    "viewer": {Verb.READ},
    "commenter": {Verb.READ, Verb.COMMENT},
    "editor": {Verb.READ, Verb.COMMENT, Verb.EDIT, Verb.RUN, Verb.NAME_REVISION},
    "owner": set(Verb),
}


def grant(role: Role, notebook_id: str = NOTEBOOK.id) -> Grant:
    return Grant(NotebookId(notebook_id), BOB, role)


@pytest.mark.fast
@pytest.mark.parametrize("role", MAY)
@pytest.mark.parametrize("verb", Verb)
def test_a_role_may_what_it_says_and_no_more(role: Role, verb: Verb) -> None:
    assert can(BOB, verb, NOTEBOOK, [grant(role)]) == (verb in MAY[role])


@pytest.mark.fast
@pytest.mark.parametrize("verb", Verb)
def test_the_owner_may_all_and_a_stranger_nothing(verb: Verb) -> None:
    assert can(ADA, verb, NOTEBOOK, [])
    assert not can(EVE, verb, NOTEBOOK, [grant("owner")])
    assert not can(BOB, verb, NOTEBOOK, [grant("owner", OTHER)])


@pytest.mark.fast
def test_the_strongest_grant_counts() -> None:
    assert role_of(BOB, NOTEBOOK, [grant("viewer"), grant("editor"), grant("commenter")]) == "editor"
    assert role_of(EVE, NOTEBOOK, [grant("viewer")]) is None
