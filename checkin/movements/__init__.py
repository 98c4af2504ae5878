"""Where somebody says to have been: told in an interview and typed in by the CDC, of a case or of an F1 beforehand.

What is told counts like a visit, and its end like a recorded one: what a case says about an end overrides a guess.
"""
