"""What every mapping of a settings file is, and the numbers that recur in them."""

# Annotations are no strings here: pydantic compiles each string, which is a third of what importing its models takes.

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(gt=0)]


class Section(BaseModel):
    """A mapping of a settings file: frozen, and a misspelt option is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
