"""What people who were there tell on the page of a public notice: who they are, how to call them, from when to when.

Sealed as it is sent, read for the case alone, and gone with it. Whoever answers is to be called as anybody else from
the case's list; an answer makes nobody a contact by itself.
"""
