"""QR codes for papers."""

import io

import segno


def code_square(address: str) -> bytes:
    """Return a QR code as SVG; a quarter of it may be stained and it still reads (level Q).

    Raises:
        ValueError: when the address is too long for one (some 1,600 bytes).
    """
    out = io.BytesIO()
    segno.make_qr(address, error="q", boost_error=False).save(
        out, kind="svg", border=2, xmldecl=False, light="#fff"
    )
    return out.getvalue()
