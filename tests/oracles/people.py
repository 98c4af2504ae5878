"""Who is the same person, by the rule's text alone: nothing of the product is imported.

The same person iff name with birth year agree and the id numbers agree; or, where one side told no id
number, the phones. Two different id numbers are two people.
"""


def persons(told):
    """For each telling (name, id number or "", phone), in order, the number of the first telling of that person."""
    people = []  # each: (number of the first telling, name, id numbers, phones)
    out = []
    for number, (name, id_number, phone) in enumerate(told):
        namesakes = [person for person in people if person[1] == name]
        by_id = [person for person in namesakes if id_number and id_number in person[2]]
        by_phone = [person for person in namesakes if phone in person[3] and (not id_number or not person[2])]
        if by_id or by_phone:
            person = (by_id or by_phone)[0]
        else:
            person = (number, name, set(), set())
            people.append(person)
        if id_number:
            person[2].add(id_number)
        person[3].add(phone)
        out.append(person[0])
    return out
