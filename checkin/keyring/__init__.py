"""Changing keys: what is sealed with which, sealing it anew block by block, and letting an old key go only when
nothing needs it any more. The files themselves: `checkin.keyfiles` and `checkin.keys`."""
