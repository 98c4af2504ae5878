"""The first page, and the two pages that the declaration links to: how data are used, and the list of
epidemiological zones."""
