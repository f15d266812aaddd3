"""Builder of the printed page."""

from packing import tarball

PAGE = "tests/resources/c03-29.pdf"
FIRST, LAST = b"\xff\xd8\xff", b"\xff\xd9"  # of a JPEG file


def build_page(path):
    """The JPEG file in the PDF, as it is."""
    with tarball("ocrmypdf") as archive:
        folder = archive.next().name.split("/")[0]
        content = archive.extractfile(f"{folder}/{PAGE}").read()
    path.write_bytes(content[content.index(FIRST) : content.rindex(LAST) + len(LAST)])
