def demo(session, vault, config, now, say):
    pass
