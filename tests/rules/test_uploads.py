"""Files of strangers: pictures are painted anew, and what is none is refused."""

import io

import pytest
from PIL import Image

from holdfast.errors.request import UploadInvalid
from holdfast.limits import PICTURE_SIDE_PIXELS_MAX
from holdfast.uploads import read_upload

SCRIPT = b"<script>alert(document.cookie)</script>"
PDF = b"%PDF-1.4\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n"


def painted(kind: str, size: tuple[int, int] = (60, 40), mode: str = "RGB", **more: object) -> bytes:
    written = io.BytesIO()
    Image.new(mode, size).save(written, kind, **more)
    return written.getvalue()


def shown(body: bytes) -> Image.Image:
    return Image.open(io.BytesIO(read_upload(body).body))


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("WEBP", "RGB")])
def test_a_picture_of_any_known_kind_becomes_a_jpeg(kind: str, mode: str) -> None:
    found = shown(painted(kind, mode=mode))
    assert (found.format, found.size, found.mode) == ("JPEG", (60, 40), "RGB")


def test_where_a_photo_was_taken_is_forgotten_and_how_it_was_held_is_not() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "51.5N 0.1W, at home"
    found = read_upload(painted("JPEG", exif=exif))
    assert b"at home" not in found.body
    assert Image.open(io.BytesIO(found.body)).size == (40, 60)
    assert not Image.open(io.BytesIO(found.body)).getexif()


def test_a_script_behind_a_picture_is_gone() -> None:
    assert SCRIPT not in read_upload(painted("PNG") + SCRIPT).body


def test_a_large_picture_becomes_smaller() -> None:
    assert max(shown(painted("PNG", (5_000, 100))).size) == PICTURE_SIDE_PIXELS_MAX


def test_a_bomb_is_refused_before_it_is_unfolded() -> None:
    with pytest.raises(UploadInvalid, match="pixels"):
        read_upload(painted("PNG", (40_000, 1_100), mode="1"))
    with pytest.raises(UploadInvalid):
        read_upload(painted("PNG", (40_000, 10_000), mode="1"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        SCRIPT,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        painted("GIF"),
        painted("PNG")[:60],
        painted("JPEG")[:200],
        b"\xff\xd8\xff" + b"\x00" * 99,
    ],
    ids=range(7),
)
def test_what_is_no_picture_is_refused(body: bytes) -> None:
    with pytest.raises(UploadInvalid):
        read_upload(body, pdf=True)


def test_a_pdf_is_taken_where_one_is_wanted_and_nowhere_else() -> None:
    assert read_upload(PDF, pdf=True).media_type == "application/pdf"
    for body, pdf in ((PDF, False), (PDF[:20], True)):
        with pytest.raises(UploadInvalid):
            read_upload(body, pdf=pdf)
