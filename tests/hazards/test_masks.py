"""Rectangles over photos: what they cover, what is no rectangle, and who may change them."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import Connection, select

from community.files import stored_file
from hazards.cases import Case, NotAllowed
from hazards.mask_store import Seen, keep_masks, release, take_back
from hazards.masks import MOST_MASKS, BadMasks, Rectangle, masked, packed_masks, read_masks
from hazards.store import hazard_photo
from storage import Database
from tests.hazards.casefile import NOON, Office, add_photo, new_case, open_office

FRACTION = st.floats(0, 1, allow_nan=False)


def white(width: int = 40, height: int = 30) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (255, 255, 255)).save(out, "JPEG", quality=95)
    return out.getvalue()


@given(
    st.tuples(FRACTION, FRACTION, FRACTION, FRACTION), st.integers(1, 3000), st.integers(1, 3000)
)
def test_every_pixel_that_is_touched_is_covered(
    drawn: tuple[float, float, float, float], width: int, height: int
) -> None:
    left, top, wide, high = drawn
    wide, high = wide * (1 - left), high * (1 - top)
    if wide <= 0 or high <= 0:
        return

    x0, y0, x1, y1 = Rectangle(left, top, wide, high).pixels(width, height)

    assert x0 <= left * width
    assert y0 <= top * height
    assert x1 + 1 >= (left + wide) * width
    assert y1 + 1 >= (top + high) * height


def test_a_rectangle_is_filled_and_the_rest_stays() -> None:
    copy = Image.open(io.BytesIO(masked(white(), [Rectangle(0, 0, 0.5, 1)]))).convert("L")

    assert copy.crop((0, 0, 20, 30)).getextrema()[1] < 60
    assert copy.crop((26, 0, 40, 30)).getextrema()[0] > 200


def test_without_rectangles_the_copy_is_the_picture() -> None:
    assert Image.open(io.BytesIO(masked(white(), []))).convert("L").getextrema()[0] > 250


def test_a_photo_that_is_none_raises() -> None:
    with pytest.raises(OSError, match="cannot identify"):
        masked(b"no photo", [])


def test_rectangles_come_and_go_as_json() -> None:
    read = read_masks("[[0.1, 0.2, 0.3, 0.4], [0, 0, 1, 1]]")

    assert packed_masks(read) == [[0.1, 0.2, 0.3, 0.4], [0.0, 0.0, 1.0, 1.0]]
    assert read_masks("[]") == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[1]",
        "[[0, 0, 1]]",
        "[[0, 0, 0, 1]]",
        "[[-0.1, 0, 0.5, 1]]",
        "[[0.6, 0, 0.5, 1]]",
        "[[NaN, 0, 1, 1]]",
        "[[Infinity, 0, 1, 1]]",
        '[["0", 0, 1, 1]]',
        "[[true, 0, 1, 1]]",
        "[" * 100_000,
        str([[0, 0, 1, 1]] * (MOST_MASKS + 1)),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(BadMasks):
        read_masks(text)


class TestKeeping:
    """On both stores."""

    @pytest.fixture
    def seen(self, database: Database) -> tuple[Office, Seen]:
        def work(db: Connection) -> tuple[Office, Case, int]:
            office = open_office(db)
            case = new_case(db, office)
            return office, case, add_photo(db, "report", case_id=case.id)

        office, case, photo_id = database.write(work)
        return office, Seen(case, photo_id, None)

    def test_masks_are_kept_looked_at_and_taken_back(
        self, database: Database, seen: tuple[Office, Seen]
    ) -> None:
        office, photo = seen
        actor = office.staff["reviewer"]
        file_id = database.write(add_file)
        assert database.write(
            lambda db: keep_masks(db, photo, [Rectangle(0, 0, 1, 1)], file_id, actor, NOON)
        )
        copy = Seen(photo.case, photo.photo_id, file_id)

        assert not database.write(lambda db: release(db, photo, actor, NOON))
        assert database.write(lambda db: release(db, copy, actor, NOON))

        assert row_of(database, photo) == (file_id, actor.staff_id, [[0, 0, 1, 1]])
        assert database.write(lambda db: take_back(db, copy, actor, NOON))
        assert row_of(database, photo)[1] is None

    def test_masks_on_what_has_changed_are_not_kept(
        self, database: Database, seen: tuple[Office, Seen]
    ) -> None:
        office, photo = seen
        actor = office.staff["reviewer"]
        file_id = database.write(add_file)
        assert database.write(lambda db: keep_masks(db, photo, [], file_id, actor, NOON))

        assert not database.write(lambda db: keep_masks(db, photo, [], file_id, actor, NOON))

    def test_a_photo_of_another_case_is_not_masked(
        self, database: Database, seen: tuple[Office, Seen]
    ) -> None:
        office, photo = seen
        other = database.write(lambda db: new_case(db, office))
        file_id = database.write(add_file)
        wrong = Seen(other, photo.photo_id, None)
        actor = office.staff["reviewer"]

        assert not database.write(lambda db: keep_masks(db, wrong, [], file_id, actor, NOON))

    @pytest.mark.parametrize("who", ["handler", "supervisor", "grid_worker", "reporter"])
    def test_others_may_not(self, database: Database, seen: tuple[Office, Seen], who: str) -> None:
        office, photo = seen

        with pytest.raises(NotAllowed):
            database.write(lambda db: release(db, photo, office.staff[who], NOON))


def add_file(db: Connection) -> int:
    row = {"sha256": "a" * 64, "kind": "sealed", "size": 1, "created_at": NOON}
    return db.execute(stored_file.insert().values(row).returning(stored_file.c.id)).scalar_one()


def row_of(database: Database, seen: Seen) -> tuple[object, ...]:
    own = hazard_photo.c
    query = select(own.masked_file_id, own.looked_at_by, own.masks).where(own.id == seen.photo_id)
    return tuple(database.read(lambda db: db.execute(query).one()))
