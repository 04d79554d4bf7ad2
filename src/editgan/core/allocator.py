"""Keep freed memory in the process: on a CPU, half the time of large maps went into fetching it anew.

glibc gives every large tensor back to the system when it is freed, and each new one starts as pages of
zeros, one page fault for 4 KB. Reading the parts of a 256 px picture takes less than half the time without.
"""

import ctypes
import os
import platform

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # of glibc's malloc.h


def keep_freed_memory() -> bool:
    """Tells glibc to hold on to what this process has freed; True if it does so from now on.

    For programs of their own: the command line and the studio call it at their start. The process then stays
    as large as it ever was. Without effect on other systems, and where MALLOC_ variables say what to do.
    """
    if platform.libc_ver()[0] != "glibc" or any(name.startswith("MALLOC_") for name in os.environ):
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(M_MMAP_MAX, 0)) and bool(mallopt(M_TRIM_THRESHOLD, 2**31 - 1))
