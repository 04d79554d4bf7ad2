"""Which subjects can be found in a photo, and what to say of others."""

from editgan.core.errors import NoSubjectError

# x, y of the top left corner, width, height; photo px
Box = tuple[float | int, float | int, float | int, float | int]

SUBJECTS = ("face", "cat")  # that a detector knows


def check_detected(subject: str, width: int, height: int) -> None:
    """Raises NoSubjectError where no detector knows this kind of subject; the size is the photo's in px."""
    if subject not in SUBJECTS:
        raise NoSubjectError(
            f"only {' and '.join(SUBJECTS)} can be found automatically, not {subject!r}",
            f"say where it is with a box, which is 0, 0, {width}, {height} if the photo is framed already",
            code="no-detector",
            subject=subject,
            width=width,
            height=height,
        )
