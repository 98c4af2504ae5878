"""The triage rule as the directive's readers would say it, written apart from the product.

It imports nothing of the product and shares no table with it: every sentence of the rule is one line here.
"""


def level_of(symptoms: set[str], contact_sick: bool, travel: bool) -> str:
    """Return "routine", "watch" or "urgent" by the default rule."""
    # Breathless or pneumonia: urgent.
    if "breathless" in symptoms:
        return "urgent"
    if "pneumonia" in symptoms:
        return "urgent"
    # Any symptom together with a sick contact, or with travel: urgent.
    if len(symptoms) > 0 and contact_sick:
        return "urgent"
    if len(symptoms) > 0 and travel:
        return "urgent"
    # Any other symptom, a sick contact or travel: watch. Both of the latter without a symptom too.
    if len(symptoms) > 0:
        return "watch"
    if contact_sick:
        return "watch"
    if travel:
        return "watch"
    return "routine"
