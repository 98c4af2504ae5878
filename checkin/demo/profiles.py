"""When people come to places of each kind, for how long, and what each sort of person goes out for."""

from itertools import accumulate

# (hour of the province's clock, weight); within the hour any minute.
_HOURS: dict[str, dict[int, int]] = {
    "market": {4: 4, 5: 14, 6: 20, 7: 16, 8: 11, 9: 8, 10: 6, 11: 3, 15: 4, 16: 8, 17: 6},
    "supermarket": {8: 4, 9: 9, 10: 9, 11: 5, 14: 4, 15: 6, 16: 9, 17: 14, 18: 16, 19: 14, 20: 7},
    "shop": {8: 8, 9: 10, 10: 9, 11: 5, 14: 6, 15: 8, 16: 9, 17: 10, 18: 9, 19: 7},
    "food": {6: 12, 7: 11, 8: 4, 10: 2, 11: 18, 12: 14, 17: 5, 18: 14, 19: 12, 20: 5},
    "bar": {17: 5, 18: 8, 19: 16, 20: 22, 21: 18, 22: 8},
    "hotel": {11: 3, 12: 5, 13: 8, 14: 18, 15: 16, 16: 12, 17: 10, 18: 9, 19: 7, 20: 5, 21: 4, 22: 2},
    "office": {7: 44, 8: 26, 9: 8, 10: 5, 13: 10, 14: 8, 15: 4},
    "factory": {5: 12, 6: 24, 7: 18, 13: 14, 14: 8, 21: 12, 22: 6},
    "school": {6: 40, 7: 44, 12: 4, 13: 12},
    "health": {6: 5, 7: 20, 8: 19, 9: 13, 10: 8, 13: 8, 14: 10, 15: 7, 17: 5, 18: 5},
    "bus": {5: 5, 6: 16, 7: 18, 8: 8, 9: 5, 11: 5, 13: 5, 15: 5, 16: 10, 17: 15, 18: 7},
    "transport": {5: 14, 6: 20, 7: 10, 13: 14, 14: 10, 17: 10, 21: 10, 22: 8},
    "taxi": {6: 6, 7: 12, 8: 10, 11: 8, 13: 6, 16: 8, 17: 14, 19: 10, 21: 10, 22: 8},
    "motorbike": {6: 8, 7: 14, 8: 10, 11: 8, 16: 10, 17: 14, 19: 8, 21: 6},
    "boat": {7: 10, 8: 18, 9: 16, 12: 10, 13: 14, 14: 8, 16: 6},
    "station": {5: 8, 6: 14, 7: 14, 8: 10, 9: 6, 12: 6, 13: 8, 14: 6, 16: 9, 17: 9, 18: 5},
    "religious": {6: 14, 7: 16, 8: 12, 9: 9, 15: 8, 16: 8, 17: 12, 18: 10},
    "culture": {8: 10, 9: 16, 10: 13, 13: 8, 14: 14, 15: 12, 16: 6, 19: 10, 20: 4},
    "sport": {5: 20, 6: 12, 16: 8, 17: 22, 18: 20, 19: 10},
    "beauty": {9: 12, 10: 14, 14: 10, 15: 12, 16: 12, 17: 14, 18: 10},
    "bank": {8: 22, 9: 20, 10: 14, 13: 10, 14: 18, 15: 14},
    "other": {8: 12, 9: 12, 10: 8, 14: 8, 15: 10, 16: 8, 19: 6},
}
HOURS = {kind: (list(hours), list(accumulate(hours.values()))) for kind, hours in _HOURS.items()}

MINUTES = {
    "market": 35, "supermarket": 45, "shop": 18, "food": 40, "bar": 110, "hotel": 600, "office": 270, "factory": 510,
    "school": 290, "health": 50, "bus": 45, "transport": 40, "taxi": 18, "motorbike": 12, "boat": 60,
    "station": 35, "religious": 60, "culture": 100, "sport": 75,
    "beauty": 60, "bank": 25, "other": 40,
}  # fmt: skip
"""How long people really stay, typically; who comes on an errand to an office is out much sooner."""

# Of a whole day's visits, what is begun in each hour: for the days that are not whole.
DAY = (3, 2, 1, 2, 12, 45, 95, 118, 80, 62, 50, 56, 50, 42, 52, 50, 56, 72, 66, 48, 25, 14, 8, 4)

# What each sort of person goes out for, apart from work and school.
_ERRANDS: dict[str, dict[str, int]] = {
    "worker": {"food": 30, "market": 14, "supermarket": 14, "shop": 12, "bus": 6, "transport": 2, "taxi": 3,
               "motorbike": 1, "sport": 7, "bar": 6,
               "beauty": 4, "bank": 5, "health": 5, "religious": 3, "culture": 4, "station": 2, "other": 2},
    "student": {"food": 32, "shop": 12, "bus": 19, "motorbike": 3,
                "sport": 10, "supermarket": 10, "culture": 5, "bar": 5,
                "beauty": 3, "station": 4},
    "pupil": {"food": 20, "sport": 18, "shop": 14, "bus": 14, "culture": 10, "supermarket": 10, "health": 4},
    "home": {"market": 38, "supermarket": 14, "shop": 10, "food": 8, "health": 8, "beauty": 6, "bank": 4,
             "religious": 6, "office": 4, "other": 2},
    "elder": {"market": 32, "health": 24, "religious": 16, "sport": 8, "shop": 6, "food": 6, "bank": 4, "office": 4,
              "culture": 3},
    "guest": {"hotel": 26, "food": 28, "culture": 24, "boat": 9, "bus": 5, "taxi": 4,
              "station": 14, "religious": 8, "shop": 6,
              "supermarket": 4, "market": 4, "bar": 6},
}  # fmt: skip
ERRANDS = {role: (list(kinds), list(accumulate(kinds.values()))) for role, kinds in _ERRANDS.items()}

WORKPLACES = {
    "office": 24,
    "factory": 36,
    "shop": 12,
    "food": 8,
    "school": 6,
    "health": 5,
    "hotel": 5,
    "market": 4,
}
AT_WORK = {"office": 7, "factory": 6, "shop": 8, "food": 6, "school": 6, "health": 7, "hotel": 6, "market": 5}
"""Hour at which a shift begins, by the kind of the workplace."""
STAFF_MINUTES = 460
