"""All files made to do harm, and those that are no checkpoints at all."""

from checkpoints import hostile_archives, hostile_bombs, hostile_pickles


def corpus() -> dict[str, tuple[bytes, str]]:
    """By what it is: a file, and what has to be said of it."""
    return {
        **hostile_pickles.gadgets(),
        **hostile_pickles.names(),
        **hostile_pickles.states(),
        **hostile_pickles.tensors(),
        **hostile_pickles.legacy_files(),
        **hostile_bombs.deep(),
        **hostile_bombs.repeated(),
        **hostile_bombs.endless(),
        **hostile_archives.archives(),
        **hostile_archives.others(),
    }
