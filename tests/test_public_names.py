from types import ModuleType

import editgan


def test_everything_announced_is_there():
    assert len(set(editgan.__all__)) == len(editgan.__all__)
    for name in editgan.__all__:
        assert getattr(editgan, name).__doc__, f"{name} is public and says nothing of itself"


def test_nothing_is_public_by_accident():
    public = {n for n, value in vars(editgan).items() if n[0] != "_" and not isinstance(value, ModuleType)}
    assert public <= set(editgan.__all__)


def test_the_story_can_be_told_with_the_public_names():
    assert {"Editor", "EditVector", "LabelSchema"} <= set(editgan.__all__)
