"""The Runtime API sends events in order, and keeps responses and errors."""

import http.client
import json

from scripts.runtime_api import RuntimeApi

PATH = "/2018-06-01/runtime/invocation"


def test_events_and_responses() -> None:
    """Each event is sent once and in order; errors are among the responses, and apart too."""
    with RuntimeApi([{"a": 1}, [2]]) as api:
        client = http.client.HTTPConnection(api.environment["AWS_LAMBDA_RUNTIME_API"])
        for end in ("response", "error"):
            assert not api.done.is_set()
            client.request("GET", f"{PATH}/next")
            with client.getresponse() as response:
                request_id = response.headers["Lambda-Runtime-Aws-Request-Id"]
                event = json.load(response)
            client.request("POST", f"{PATH}/{request_id}/{end}", json.dumps({"got": event}))
            assert client.getresponse().read() == b""
        assert api.done.wait(30)
        client.close()
    assert api.responses == [{"got": {"a": 1}}, {"got": [2]}]
    assert api.errors == [{"got": [2]}]
