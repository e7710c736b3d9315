"""Who may do what."""

import pytest

from runhere_hub.core.access import (
    Grant,
    HubVerb,
    Owned,
    Place,
    Role,
    Standing,
    Verb,
    can,
    may,
    may_give,
    role_of,
)
from runhere_hub.core.ids import FolderId, NotebookId, PersonId

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


@pytest.mark.fast
def test_a_role_by_name_counts_in_place_of_what_came_by_links_to_the_same() -> None:
    def by_link(role: Role) -> Grant:
        return Grant(NotebookId(NOTEBOOK.id), BOB, role, by_link=True)

    assert role_of(BOB, NOTEBOOK, [by_link("viewer"), by_link("editor")]) == "editor"
    assert role_of(BOB, NOTEBOOK, [by_link("editor"), grant("viewer")]) == "viewer"
    assert role_of(BOB, NOTEBOOK, [by_link("viewer"), grant("editor")]) == "editor"
    # Somebody else's, and one on the folder above, are other matters.
    on_folder = Grant(Place(FOLDER), BOB, "editor", by_link=True)
    assert role_of(BOB, PLACED, [on_folder, Grant(NotebookId(PLACED.id), BOB, "viewer")]) == "editor"
    assert role_of(BOB, NOTEBOOK, [by_link("editor"), Grant(NotebookId(NOTEBOOK.id), EVE, "viewer")]) == "editor"


FOLDER = FolderId("f" * 32)
PLACED = Owned(id="3" * 32, owner_id=ADA, place=Place(FOLDER, "lab/plots/a.ipynb"))


@pytest.mark.fast
@pytest.mark.parametrize(
    ("place", "holds"),
    [
        (Place(FOLDER), True),
        (Place(FOLDER, "lab"), True),
        (Place(FOLDER, "lab/plots"), True),
        (Place(FOLDER, "lab/plots/a.ipynb"), True),
        (Place(FOLDER, "la"), False),
        (Place(FOLDER, "lab/plots/a"), False),
        (Place(FOLDER, "lab/plots/a.ipynb/b"), False),
        (Place(FolderId("e" * 32)), False),
    ],
)
def test_a_role_on_a_folder_holds_below_it_and_not_beside_it(place: Place, holds: bool) -> None:
    assert can(BOB, Verb.EDIT, PLACED, [Grant(place, BOB, "editor")]) == holds
    assert not can(EVE, Verb.READ, PLACED, [Grant(place, BOB, "editor")])


@pytest.mark.fast
def test_a_role_on_a_folder_says_nothing_of_a_notebook_that_lies_in_none() -> None:
    assert role_of(BOB, NOTEBOOK, [Grant(Place(FOLDER), BOB, "owner")]) is None


@pytest.mark.fast
def test_nobody_gives_more_than_they_have_and_only_owners_give() -> None:
    assert may_give("owner", "owner")
    assert may_give("owner", "viewer")
    assert not may_give("editor", "viewer")
    assert not may_give(None, "viewer")


@pytest.mark.fast
def test_only_an_administrator_who_may_still_sign_in_administers() -> None:
    assert may(Standing(is_admin=True, is_disabled=False), HubVerb.ADMINISTER)
    assert not may(Standing(is_admin=True, is_disabled=True), HubVerb.ADMINISTER)
    assert not may(Standing(is_admin=False, is_disabled=False), HubVerb.ADMINISTER)
    assert not may(None, HubVerb.ADMINISTER)
