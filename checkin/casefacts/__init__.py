"""What is known of a case and was done about it: its facts, its two windows, and the history of both.

The windows are counted by the rules in force when the case was opened; an officer corrects them with a reason, and
what the rules say stays beside it.
"""
