"""Sorting pages: every verb keeps every page in exactly one book, and every step leads back."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import pytest

from notation.musicxml import NotationError
from notation.score import arrangement as sort
from notation.score.arrangement import Arrangement, Leaf, Start


def three() -> Arrangement:
    """Flute: pages 0 to 3 of file 1, songs on 0 and 2; Clarinet: 0 and 1 of file 2; Tuba: a page of file 3."""
    made = Arrangement()
    songs = {0: (Start(0.0, "Air"),), 2: (Start(0.0, "March"), Start(0.5, "Waltz"))}
    flute = [Leaf(1, sheet, starts=songs.get(sheet, ())) for sheet in range(4)]
    made = sort.add(made, name="Flute", leaves=flute)
    made = sort.add(made, name="Clarinet", leaves=[Leaf(2, 0), Leaf(2, 1)])
    return sort.add(made, name="Tuba", leaves=[Leaf(3, 0)])


def told(arranged: Arrangement) -> dict[str, list[str]]:
    return {book.name: [leaf.id for leaf in book.leaves] for book in arranged.books}


def test_moving_keeps_the_order_and_goes_before_a_page_or_to_the_end() -> None:
    moved = sort.move(three(), leaves=["1-2", "1-0"], book="b2", before="2-1")
    assert told(moved) == {"Flute": ["1-1", "1-3"], "Clarinet": ["2-0", "1-0", "1-2", "2-1"], "Tuba": ["3-0"]}
    assert told(sort.move(three(), leaves=["1-0"], book="b1"))["Flute"] == ["1-1", "1-2", "1-3", "1-0"]
    assert told(sort.move(three(), leaves=["1-1", "1-2"], book="b1", before="1-2"))["Flute"] == [
        "1-0", "1-1", "1-2", "1-3",
    ]  # fmt: skip


def test_a_book_without_pages_is_gone() -> None:
    assert list(told(sort.move(three(), leaves=["3-0"], book="b1"))) == ["Flute", "Clarinet"]


def test_split_merge_and_apart() -> None:
    cut = sort.split(three(), leaf="1-2")
    assert told(cut) == {
        "Flute": ["1-0", "1-1"], "Flute (2)": ["1-2", "1-3"], "Clarinet": ["2-0", "2-1"], "Tuba": ["3-0"],
    }  # fmt: skip
    assert told(sort.merge(cut, book=cut.books[1].id)) == told(three())
    assert told(sort.apart(three(), leaves=["1-1", "2-1"], name="Oboe"))["Oboe"] == ["1-1", "2-1"]
    with pytest.raises(NotationError, match="begins with this page already"):
        sort.split(three(), leaf="1-0")
    with pytest.raises(NotationError, match="no book before"):
        sort.merge(three(), book="b1")


def test_songs_are_marked_moved_renamed_and_unmarked() -> None:
    made = sort.begin(three(), leaf="1-1", y=0.4, title="  Polka\n schnell ")
    assert made.leaf("1-1").starts == (Start(0.4, "Polka schnell"),)
    made = sort.begin(made, leaf="1-1", y=0.7, title="Polka", at=0.4)
    assert made.leaf("1-1").starts == (Start(0.7, "Polka"),)
    made = sort.begin(made, leaf="1-1", y=0.705, title="Galopp")  # the same place: another name
    assert [start.title for start in made.leaf("1-1").starts] == ["Galopp"]
    assert sort.no_beginning(made, leaf="1-1", at=0.705).leaf("1-1").starts == ()
    with pytest.raises(NotationError, match="No song begins there"):
        sort.no_beginning(made, leaf="1-1", at=0.1)
    assert sort.begin(three(), leaf="1-1", y=float("nan")).leaf("1-1").starts[0].y == 0.0


def test_a_turned_page_has_its_first_song_at_the_top() -> None:
    made = sort.turn(three(), leaves=["1-2"], by=270)
    assert (made.leaf("1-2").turn, made.leaf("1-2").starts) == (270, (Start(0.0, "March"),))
    assert sort.turn(made, leaves=["1-2"], by=90).leaf("1-2").turn == 0


def test_another_page_takes_a_place() -> None:
    made = sort.instead(three(), leaf="1-2", source=9)
    assert told(made)["Flute"] == ["1-0", "1-1", "9-0", "1-3"]
    assert made.leaf("9-0").starts == three().leaf("1-2").starts
    assert made.looked == (9,)
    with pytest.raises(NotationError, match="sorted already"):
        sort.instead(three(), leaf="1-2", source=2)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda one: sort.move(one, leaves=["7-0"], book="b1"),
        lambda one: sort.move(one, leaves=[], book="b1"),
        lambda one: sort.move(one, leaves=["1-0"], book="b9"),
        lambda one: sort.move(one, leaves=["1-0"], book="b1", before="2-0"),
        lambda one: sort.rename(one, book="b1", name=" \0 "),
        lambda one: sort.turn(one, leaves=["1-0"], by=45),
        lambda one: sort.whole(one, one.books[:2]),
        lambda one: sort.whole(one, (*one.books, one.books[0])),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(wrong: Callable[[Arrangement], Arrangement]) -> None:
    with pytest.raises(NotationError) as caught:
        wrong(three())
    assert caught.value.message.endswith(".")


def test_steps_lead_back_and_forth_whatever_they_were() -> None:
    for seed in range(40):
        choose = random.Random(seed)
        now = three()
        trail = []
        for _ in range(12):
            before = now
            now = _anything(now, choose)
            assert sorted(leaf.id for leaf in now.leaves()) == sorted(leaf.id for leaf in three().leaves())
            trail.append((before, sort.difference(before, now), now))
        for before, (back, forth), after in reversed(trail):
            kept = json.loads(json.dumps([back, forth]))
            assert sort.applied(after, kept[0], against=kept[1]).books == before.books
            assert sort.applied(before, kept[1], against=kept[0]).books == after.books


def _anything(now: Arrangement, choose: random.Random) -> Arrangement:
    leaves = [leaf.id for leaf in now.leaves()]
    some, book = choose.sample(leaves, choose.randint(1, 3)), choose.choice(now.books).id
    deeds: list[Callable[[], Arrangement]] = [
        lambda: sort.move(now, leaves=some, book=book),
        lambda: sort.apart(now, leaves=some),
        lambda: sort.split(now, leaf=some[0]),
        lambda: sort.merge(now, book=book),
        lambda: sort.turn(now, leaves=some, by=90),
        lambda: sort.leave_out(now, leaves=some, out=choose.random() < 0.5),
        lambda: sort.begin(now, leaf=some[0], y=choose.random(), title="X"),
        lambda: sort.move_book(now, book=book, to=choose.randint(0, 4)),
        lambda: sort.rename(now, book=book, name=f"Horn {choose.randint(1, 9)}"),
    ]
    try:
        return choose.choice(deeds)()
    except NotationError:
        return now


def test_pages_that_came_meanwhile_stay_when_a_step_is_undone() -> None:
    before = three()
    after = sort.rename(before, book="b1", name="Piccolo")
    back, forth = sort.difference(before, after)
    grown = sort.add(after, name="Horn", leaves=[Leaf(8, 0)])
    flute = grown.book("b1")
    grown = sort.whole(grown, [*(b for b in grown.books if b.id != "b1"), flute])
    undone = sort.applied(grown, back, against=forth)
    assert told(undone)["Flute"] == ["1-0", "1-1", "1-2", "1-3"]
    assert told(undone)["Horn"] == ["8-0"]


def test_files_that_are_gone_take_their_pages_along() -> None:
    assert told(sort.only(three(), {1, 3})) == {"Flute": ["1-0", "1-1", "1-2", "1-3"], "Tuba": ["3-0"]}


def test_sixty_books_and_back() -> None:
    made = Arrangement()
    for number in range(60):
        made = sort.add(made, name=f"Book {number}", leaves=[Leaf(number, sheet) for sheet in range(40)])
    assert sort.from_json(json.loads(json.dumps(sort.to_json(made)))) == made
    moved = sort.move(made, leaves=[f"{n}-39" for n in range(60)], book=made.books[0].id)
    assert len(moved.books[0].leaves) == 99
