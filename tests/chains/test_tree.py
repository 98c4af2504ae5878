"""Trees of who infected whom: who is in which, and that the picture can be read, whatever was put down."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from checkin.chains.tree import LABEL, NARROW, WIDTH, Node, draw, tree_from, trees

DAY = date(2026, 11, 1)
# Each case was infected by an earlier number or by nobody known, on any day.
FORESTS = st.lists(st.tuples(st.integers(-3, 40), st.integers(0, 25)), min_size=1, max_size=40).map(
    lambda drawn: [
        Node(seq, DAY + timedelta(days=days), source if 0 < source < seq else None)
        for seq, (source, days) in enumerate(drawn, 1)
    ]
)


def line_of(nodes, seq):
    """From a case to the first one, by hand."""
    sources, found = {node.seq: node.source for node in nodes}, [seq]
    while sources[found[-1]]:
        found.append(sources[found[-1]])
    return found


@settings(max_examples=150)
@given(FORESTS)
def test_each_case_stands_in_the_tree_of_its_first_one_so_many_generations_after_it(nodes):
    found = {tree.root: tree for tree in trees(nodes)}
    for node in nodes:
        line = line_of(nodes, node.seq)
        if len(line) > 1:
            assert found[line[-1]].generation[node.seq] == len(line) - 1
    for tree in found.values():
        members = {node.seq for node in nodes if line_of(nodes, node.seq)[-1] == tree.root}
        assert len(members) > 1 and set(tree.generation) == members and tree.size[tree.root] == len(members)
        for seq in members:
            assert tree.size[seq] == len([one for one in members if seq in line_of(nodes, one)])
    sizes = [tree.size[tree.root] for tree in trees(nodes)]
    assert sizes == sorted(sizes, reverse=True)


@settings(max_examples=100)
@given(FORESTS, st.sampled_from([WIDTH, NARROW]), st.integers(1, 45))
def test_in_the_picture_nothing_is_lost_nothing_overlaps_and_no_line_runs_through_a_case(nodes, width, most):
    tree = tree_from(nodes, nodes[0].seq)
    picture = draw(tree, width, most)
    drawn = {one.seq: one for one in picture.drawn}
    assert len(drawn) <= max(most, 1) and len(drawn) + sum(one.hidden for one in picture.drawn) == len(tree.generation)
    assert len({one.y for one in picture.drawn}) == len(drawn)
    for one in picture.drawn:
        assert 0 <= one.x <= width - LABEL + 30 * 16 and 0 <= one.y <= picture.height
        source = tree.nodes[one.seq].source
        if one.seq == tree.root:
            assert one.line == ""
            continue
        parent = drawn[source]
        assert one.x > parent.x and one.y > parent.y and one.line
        # Down from the parent to the row of the case: whoever stands in between stands further right.
        assert all(other.x > parent.x for other in picture.drawn if parent.y < other.y < one.y)


def test_in_the_broad_picture_a_later_onset_stands_further_right():
    nodes = [Node(1, DAY, None), Node(2, DAY + timedelta(days=3), 1), Node(3, DAY + timedelta(days=9), 1)]
    picture = draw(tree_from(nodes, 1))
    assert [one.seq for one in sorted(picture.drawn, key=lambda one: one.x)] == [1, 2, 3]
    assert picture.days[0] == (DAY, 24.0) and not draw(tree_from(nodes, 1), NARROW).days


def test_three_hundred_cases_are_drawn_as_far_as_anybody_can_read_and_the_rest_is_counted():
    nodes = [Node(seq, DAY + timedelta(days=seq // 20), max(1, seq // 3) if seq > 1 else None) for seq in range(1, 301)]
    (tree,) = trees(nodes)
    assert tree.size[tree.root] == 300
    picture = draw(tree)
    assert len(picture.drawn) == 100 and sum(one.hidden for one in picture.drawn) == tree.size[tree.root] - 100
    # What is hidden can be opened from where it hangs.
    hiding = next(one for one in picture.drawn if one.hidden)
    assert tree_from(nodes, hiding.seq).size[hiding.seq] >= hiding.hidden


def test_a_long_line_of_cases_stays_in_the_narrow_picture():
    nodes = [Node(seq, DAY, seq - 1 or None) for seq in range(1, 60)]
    assert max(one.x for one in draw(tree_from(nodes, 1), NARROW).drawn) <= NARROW - LABEL
    assert max(one.x for one in draw(tree_from(nodes, 1)).drawn) <= WIDTH - LABEL


def test_who_infected_nobody_and_of_whom_nothing_is_known_is_no_tree():
    assert trees([Node(1, DAY, None), Node(2, DAY, 99)]) == []
    assert tree_from([], 1) is None
