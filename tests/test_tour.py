"""The tour in CONTRIBUTING.md names what is there, in at most twelve stops."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
STOP = re.compile(r"\| (\d+) \| `([\w/.]+)` \| (.+?) \|")


def test_every_stop_of_the_tour_is_where_it_says() -> None:
    stops = STOP.findall((ROOT / "CONTRIBUTING.md").read_text())
    assert [int(number) for number, _, _ in stops] == [*range(1, len(stops) + 1)] and 5 < len(stops) <= 12
    for _, file, names in stops:
        text = (ROOT / "src" / "editgan" / file).read_text()
        for name in re.findall(r"`([\w.]+)`", names):
            assert re.search(rf"^ *(def|class) {name.rpartition('.')[2]}\b", text, re.MULTILINE), (file, name)
