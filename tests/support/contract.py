"""The contract of hello: its events, and the responses that every version of it gives."""

GREETINGS: list[tuple[object, str]] = [
    ({"name": "world"}, "Hello, world!"),
    ({"name": "Zoë 🌍"}, "Hello, Zoë 🌍!"),
    ({"name": 'a "quoted" name'}, 'Hello, a "quoted" name!'),
    ({"name": "world", "other": [1, {}]}, "Hello, world!"),
    ({}, "Hello, stranger!"),
    ({"name": None}, "Hello, stranger!"),
    ({"name": ""}, "Hello, stranger!"),
]
ERRORS: list[tuple[object, str]] = [
    ({"name": 7}, "name must be a string, not a number"),
    ({"name": False}, "name must be a string, not a boolean"),
    ({"name": ["world"]}, "name must be a string, not an array"),
    ({"name": {}}, "name must be a string, not an object"),
    ([{"name": "world"}], "the event must be an object, not an array"),
    ("world", "the event must be an object, not a string"),
    (1.5, "the event must be an object, not a number"),
]
