from checkin.forms import Form


class HandoverForm(Form):
    """Making a link, and accepting one: a button each."""
