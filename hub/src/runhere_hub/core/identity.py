"""Who somebody is."""

from dataclasses import dataclass

from runhere_hub.core.ids import PersonId


@dataclass(frozen=True)
class Person:
    """One person as others see them.

    Attributes:
        color: `#rrggbb`, the colour of their cursor.
    """

    id: PersonId
    name: str
    color: str
