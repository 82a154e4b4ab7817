"""The Lambda function hello in Python: it greets a name, or a stranger.

{"name": "world"}  ->  {"message": "Hello, world!"}
{}                 ->  {"message": "Hello, stranger!"}
"""

KINDS = {
    bool: "a boolean",
    dict: "an object",
    float: "a number",
    int: "a number",
    list: "an array",
    str: "a string",
    type(None): "null",
}


class InvalidEventError(ValueError):
    """An event that hello cannot answer. Lambda reports the class's name and the message."""


def handler(event: object, _context: object) -> dict[str, str]:
    """Greet the name in an event, or a stranger if the name is missing, null or empty."""
    if not isinstance(event, dict):
        raise InvalidEventError(f"the event must be an object, not {KINDS[type(event)]}")
    name = event.get("name")
    if name is not None and not isinstance(name, str):
        raise InvalidEventError(f"name must be a string, not {KINDS[type(name)]}")
    return {"message": f"Hello, {name or 'stranger'}!"}
