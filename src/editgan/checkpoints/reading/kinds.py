"""What a file is, by its first bytes and not by its name; and what to say of those that are no checkpoint."""

from typing import Literal

from editgan.core.errors import CheckpointError

HEAD = 512  # bytes that are looked at
EMPTY = "is empty; the download failed, get it again"

_UNPACK = "unpack it and give the checkpoint inside"
_WANTED = "a .pkl of StyleGAN2 or a .pt of torch was expected"

# The sentences for files that begin so
_OTHERS = {
    b"version https://git-lfs": "is a git LFS pointer, not the file itself; run `git lfs pull` where it is",
    b"\x1f\x8b": f"is a gzip archive; {_UNPACK}",
    b"BZh": f"is a bzip2 archive; {_UNPACK}",
    b"\xfd7zXZ\0": f"is an xz archive; {_UNPACK}",
    b"\x28\xb5\x2f\xfd": f"is a zstandard archive; {_UNPACK}",
    b"7z\xbc\xaf\x27\x1c": f"is a 7z archive; {_UNPACK}",
    b"Rar!": f"is a rar archive; {_UNPACK}",
    b"\x89HDF": f"is an HDF5 file; {_WANTED}",
    b"\x93NUMPY": f"is a numpy array; {_WANTED}",
    b"GGUF": f"is a GGUF file; {_WANTED}",
    b"\xff\xd8\xff": f"is a JPEG picture; {_WANTED}",
    b"\x89PNG": f"is a PNG picture; {_WANTED}",
    b"GIF8": f"is a GIF picture; {_WANTED}",
    b"RIFF": f"is a picture or a recording; {_WANTED}",
    b"%PDF": f"is a PDF document; {_WANTED}",
    b"\x08": f"is an ONNX or TensorFlow file; {_WANTED}",
    b"{": f"is text, perhaps a server's error; {_WANTED}",
    b"[": f"is text, perhaps a server's error; {_WANTED}",
}
_TAR = f"is a tar archive (torch's before 0.2 are, too); {_UNPACK}, or save it with a newer torch"
_WEB_PAGE = (
    "is a web page, not a checkpoint: the download failed; open the address in a browser "
    "and save the file that it offers"
)
# How pickles of protocols 0 and 1 begin, if they hold a container or an object
_OLD_PICKLES = (b"(", b"}", b"]", b")", b"c")


def recognise(head: bytes) -> Literal["pickle", "zip"]:
    """Raises CheckpointError with the sentence for what it is instead. Old torch files begin as pickles."""
    if not head:
        raise CheckpointError(EMPTY)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head[5:10] == b'\0\0\0{"':  # behind the length of this header, in eight bytes
        raise CheckpointError(f"is a safetensors file; {_WANTED}")
    if head[0] == 0x80:
        return "pickle"
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise CheckpointError(_WEB_PAGE)
    if head[257:262] == b"ustar":
        raise CheckpointError(_TAR)
    for magic, sentence in _OTHERS.items():
        if head.startswith(magic):
            raise CheckpointError(sentence)
    if head.startswith(_OLD_PICKLES):
        return "pickle"
    text = head.decode("latin-1")
    is_text = all(c.isprintable() or c in "\t\r\n" for c in text)
    raise CheckpointError(f"is {'text' if is_text else 'no file of a known kind'}; {_WANTED}")
