"""`python hardened.py PROGRAM ...`: as the units start it, no new privileges and no memory both written and run.

What else the units take away needs systemd itself.
"""

import ctypes
import os
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_MDWE, REFUSE_EXEC_GAIN = 38, 65, 1

if __name__ == "__main__":
    libc = ctypes.CDLL(None, use_errno=True)
    for option in (PR_SET_NO_NEW_PRIVS, PR_SET_MDWE):
        # Kernels before 6.3 know only the first.
        if libc.prctl(option, 1, 0, 0, 0) and option == PR_SET_NO_NEW_PRIVS:
            sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
    os.umask(0o077)
    os.execvp(sys.argv[1], sys.argv[1:])
