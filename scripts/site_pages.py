"""The names of the pages of the site, which notifications link to, too."""

import hashlib


def page_name(slug, variables):
    """A file for a board and the values of its variables, whatever an id may hold."""
    if not variables:
        return f"{slug}.html"
    letters = "".join(value[:30] for _, value in variables)
    readable = "".join(c if c.isascii() and c.isalnum() else "-" for c in letters).strip("-")
    # Only the hash tells two ids apart: -7 and 7, or long ones.
    exact = hashlib.sha256(repr(variables).encode()).hexdigest()[:12]
    return f"{slug}-{readable}-{exact}.html"
