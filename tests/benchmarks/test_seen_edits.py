from benchmarks.seen_edits import Row, as_markdown
from editgan.editing.seeing import Rise


def test_the_table_tells_how_many_reached_edits_are_not_seen() -> None:
    claimed = Rise(0.4, 0.8)
    rows = [
        Row("a", "smile", "motion", claimed, Rise(0.4, 0.7)),
        Row("b", "smile", "motion", claimed, Rise(0.4, 0.46)),
        Row("c", "smile", "motion", claimed, Rise(0.4, 0.3)),
        Row("d", "smile", "motion", Rise(0.4, 0.41), Rise(0.4, 0.3)),
    ]
    table = as_markdown(rows)
    assert "| smile | 4 | 0.40 -> 0.70 | 0.40 -> 0.44 | 1 |" in table
    for share, count in (("0%", 1), ("10%", 1), ("25%", 2)):
        assert f"| seen at most {share} of what is claimed | 3 | | | {count} |" in table
