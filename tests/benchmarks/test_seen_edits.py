from benchmarks.seen_edits import Row, about_unmoved, as_markdown
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


def test_the_table_tells_whether_what_is_left_unmoved_is_better_drawn() -> None:
    claimed, rows = Rise(0.4, 0.8), []
    for photo, unmoved, moved, drawn in (("a", 0.2, 0.7, 0.5), ("b", 0.65, 0.4, 0.6), ("c", 0.9, 0.4, 0.3)):
        rows += [
            Row(photo, "smile", "motion", claimed, Rise(0.4, moved), unmoved),
            Row(photo, "smile", "difference", claimed, Rise(0.4, drawn)),
        ]
    table = about_unmoved(rows)
    assert "| 0% | 3 | 0.50 | 0.47 | 1 |" in table
    assert "| 60% | 2 | 0.40 | 0.45 | 1 |" in table and "| 80% | 1 | 0.40 | 0.30 | 0 |" in table
    assert "| 60% | 0 |  |  | 0 |" in about_unmoved(rows[:2])
