"""How the studio says no."""


class Refusal(Exception):
    """An HTTP status, a code for programs, and a sentence for people."""

    def __init__(self, status: int, code: str, error: str) -> None:
        super().__init__(error)
        self.status, self.code, self.error = status, code, error


def unknown(kind: str) -> Refusal:
    """The same whether a thing never was or is another visitor's."""
    return Refusal(404, "unknown", f"there is no such {kind}; it may have been deleted")


def not_open() -> Refusal:
    """Something is asked of a photo that has no parts yet."""
    return Refusal(409, "not-open", "the photo is not open yet; wait for its job, or open it again")
