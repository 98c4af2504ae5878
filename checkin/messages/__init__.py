"""Mail and text messages: written into an outbox with what they speak of, sent afterwards by a round of the
server. So a mail server that is down loses nothing, and no page waits for it."""
