"""How staff get an account: somebody who administers invites them, and they set their own password over a link
that works once."""
