"""What the command line says when it will not or cannot go on, and the exit code it says it with."""

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of `revcycle`; 2 is typer's, for a command that was not understood."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NOT_RUNNING = 3
    CONFLICT = 4
    REFUSED = 5


class RefusalError(Exception):
    """A message for a person: what is wrong, where, and what to do."""

    def __init__(self, message: str, exit_code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code
