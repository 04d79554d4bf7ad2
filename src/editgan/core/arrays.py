"""NumPy's .npy files from elsewhere: numbers only, nothing is executed."""

from pathlib import Path

import numpy as np

from editgan.core.errors import InputError

MAX_MB = 512


def load_array(path: Path, *, max_mb: int = MAX_MB) -> np.ndarray:
    """The numbers of a .npy file, in this machine's byte order.

    The header is at most 10,000 characters, and the file must be as long as the header says.

    Raises:
        InputError: not such a file, pickled Python objects, no numbers, or more than `max_mb` megabytes.
    """
    wanted = f"{path} should be a NumPy file (.npy) of plain numbers"
    try:
        if (size := path.stat().st_size) > max_mb * 1_000_000:
            raise InputError(f"{wanted}, at most {max_mb} MB, but it is {size // 1_000_000} MB")
        # A map of the file: nothing is set aside for a size that only the header claims
        found = np.lib.format.open_memmap(path, mode="r")
    except FileNotFoundError:
        raise InputError(f"{path} is missing") from None
    except InputError:
        raise
    except Exception as error:  # whatever the header's parser, which is Python's own, trips over
        reason = "it holds Python objects" if "object" in str(error).lower() else str(error) or repr(error)
        raise InputError(f"{wanted}, but {reason}; save it again with numpy.save") from None
    if found.dtype.kind not in "biuf":
        raise InputError(f"{wanted}, but its values are {found.dtype}; save them as numbers")
    return np.array(found, dtype=found.dtype.newbyteorder("="))
