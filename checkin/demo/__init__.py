"""The demo province: venues, people, two weeks of visits and a planted outbreak, from a seed."""
