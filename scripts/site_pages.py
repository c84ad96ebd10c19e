"""The names of the site's pages, which notifications also link to."""

import hashlib


def page_name(slug, variables):
    """A file name for a board and the values of its variables, for any characters in an id."""
    if not variables:
        return f"{slug}.html"
    letters = "".join(value[:30] for _, value in variables)
    readable = "".join(c if c.isascii() and c.isalnum() else "-" for c in letters).strip("-")
    # Only the hash distinguishes some ids: -7 and 7, or long ones.
    exact = hashlib.sha256(repr(variables).encode()).hexdigest()[:12]
    return f"{slug}-{readable}-{exact}.html"
