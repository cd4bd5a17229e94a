"""The options of whatever is read over HTTP."""

from __future__ import annotations

from typing import Self

import pydantic

from progenitor.sources.declared.window import PartitionOptions


class WebOptions(PartitionOptions):
    """How a server is asked; docs/reference/readers.md tells of each.

    Parameters
    ----------
    user, password_env
        Name for basic authentication, and the environment variable that holds the password.
    token_env
        The environment variable that holds a bearer token.
    timeout
        Seconds in which the connection, and then each further piece of an answer, must come.
    deadline
        Seconds that are spent waiting for a whole answer at most.
    retries
        How often a request is repeated after the first time.
    backoff
        Seconds before the first repetition; twice as many before each further one.
    longest_wait
        Seconds that a server may ask to be left alone (``Retry-After``); where it asks for more, reading fails.
    largest_answer
        Bytes of the largest answer (of a chunk of it, where an answer is streamed) that is taken into memory.
    """

    user: str | None = None
    password_env: str | None = None
    token_env: str | None = None
    timeout: float = pydantic.Field(60.0, gt=0)
    deadline: float = pydantic.Field(600.0, gt=0)
    retries: int = pydantic.Field(4, ge=0, le=20)
    backoff: float = pydantic.Field(0.5, ge=0)
    longest_wait: float = pydantic.Field(60.0, ge=0)
    largest_answer: pydantic.ByteSize = pydantic.ByteSize(256 * 2**20)

    @pydantic.model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.user is None) != (self.password_env is None):
            raise ValueError("user and password_env go together")
        if self.user is not None and self.token_env is not None:
            raise ValueError("either user and password_env, or token_env")
        return self
