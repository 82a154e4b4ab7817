"""Immutable values with named fields, of classes that inherit. Standard library only.

As `dataclasses` makes them, but that is a sixth of the time of a plan: it loads `inspect`, and
compiles the methods of each class. Where nothing is inherited, a named tuple does.
"""

from typing import ClassVar, Self, dataclass_transform, get_origin


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Value:
    """A value. Its class annotates the fields, and assigns defaults to some."""

    fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        """Adds the fields of a class to those of the class that it inherits from."""
        own: dict[str, object] = cls.__annotations__
        cls.fields += tuple(name for name, kind in own.items() if get_origin(kind) is not ClassVar)

    def __init__(self, **given: object) -> None:
        """Takes fields by their names.

        Raises:
            TypeError: There is no such field, or one is missing that has no default.
        """
        values = {
            name: given.pop(name) if name in given else getattr(type(self), name)
            for name in self.fields
            if name in given or hasattr(type(self), name)
        }
        missing = [name for name in self.fields if name not in values]
        if given or missing:
            raise TypeError(f"{type(self).__name__}: unknown {[*given]}, missing {missing}")
        self.__dict__.update(values)

    def replace(self, **changes: object) -> Self:
        """Answers the same value with some fields changed."""
        return type(self)(**{**self._given(), **changes})

    def _given(self) -> dict[str, object]:
        """Answers the fields; what else the instance has is cached."""
        return {name: self.__dict__[name] for name in self.fields}

    def __setattr__(self, name: str, value: object) -> None:
        """Refuses: it is immutable."""
        raise AttributeError(f"cannot assign {name} of a {type(self).__name__}")

    def __eq__(self, other: object) -> bool:
        """Whether it is of the same class, and all fields are equal."""
        if not isinstance(other, Value) or type(self) is not type(other):
            return NotImplemented
        return self._given() == other._given()

    def __hash__(self) -> int:
        """Hashes the fields, where each can be."""
        return hash(tuple(self._given().values()))

    def __repr__(self) -> str:
        """Shows the fields."""
        fields = ", ".join(f"{name}={value!r}" for name, value in self._given().items())
        return f"{type(self).__name__}({fields})"
