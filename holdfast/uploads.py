"""Files that strangers send: known by their content, pictures painted anew, everything else refused.

A picture is decoded and encoded again, which leaves nothing of it but what is seen: no place where
it was taken, no script, no second file behind the first. Types that can carry a script (SVG, HTML)
are not taken at all.
"""

import io

import msgspec
from PIL import Image, ImageOps

from holdfast.errors.request import UploadInvalid
from holdfast.limits import PICTURE_PIXELS_MAX, PICTURE_SIDE_PIXELS_MAX, UPLOAD_BYTES_MAX

_PICTURES = ("JPEG", "PNG", "WEBP")
_UNREADABLE = (
    OSError,
    ValueError,
    SyntaxError,  # of a broken PNG
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
_PDF_BEGINS, _PDF_ENDS = b"%PDF-", b"%%EOF"
_TAIL_BYTES = 1_024  # readers look for the end of a PDF in its last kilobyte


class Upload(msgspec.Struct, frozen=True):
    """A file as it may be kept and shown."""

    media_type: str
    body: bytes


def read_upload(body: bytes, *, pdf: bool = False) -> Upload:
    """A picture as a JPEG of bounded size, or a PDF where one is wanted; raises UploadInvalid.

    It takes some 0.1 s of CPU for a photo of a telephone: call it in a thread.
    """
    if len(body) > UPLOAD_BYTES_MAX:
        raise UploadInvalid(reason=f"has more than {UPLOAD_BYTES_MAX} bytes")
    if pdf and body.startswith(_PDF_BEGINS):
        if _PDF_ENDS not in body[-_TAIL_BYTES:]:
            raise UploadInvalid(reason="is a PDF that ends too early")
        return Upload("application/pdf", body)
    return Upload("image/jpeg", _painted_anew(body, "a JPEG, PNG or WebP picture" + (" or a PDF" * pdf)))


def _painted_anew(body: bytes, wanted: str) -> bytes:
    try:
        with Image.open(io.BytesIO(body), formats=_PICTURES) as picture:
            if picture.width * picture.height > PICTURE_PIXELS_MAX:
                raise UploadInvalid(reason=f"has more than {PICTURE_PIXELS_MAX} pixels")
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except _UNREADABLE as error:
        raise UploadInvalid(reason=f"is not {wanted}") from error
    upright.thumbnail((PICTURE_SIDE_PIXELS_MAX, PICTURE_SIDE_PIXELS_MAX))
    painted = io.BytesIO()
    upright.save(painted, "JPEG", quality=85)
    return painted.getvalue()
