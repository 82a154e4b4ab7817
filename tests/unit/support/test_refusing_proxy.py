"""The proxy refuses the operations that it was told to, and forwards everything else."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from hashzip.emulator import server
from hashzip.emulator.server import LocalAws
from tests.support import refusing_proxy
from tests.support.refusing_proxy import Refusal, RefusingProxy

ROLE = "arn:aws:iam::000000000000:role/any"


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    """Run a local AWS with a function `f` that answers "first"."""
    with server.running() as running:
        client(running, "lambda").create_function(
            FunctionName="f",
            Role=ROLE,
            Runtime="python3.13",
            Handler="app.handler",
            Code={"ZipFile": code("first")},
        )
        yield running


@pytest.fixture
def proxy(aws: LocalAws) -> Iterator[RefusingProxy]:
    """Run a proxy in front of it."""
    with refusing_proxy.before(aws) as running:
        yield running


def client(aws: LocalAws, service: str) -> Any:  # noqa: ANN401 - boto3's clients have no types
    """Make a client of an AWS, which leaves no attempt to chance."""
    session = boto3.Session(
        aws.environment["AWS_ACCESS_KEY_ID"],
        aws.environment["AWS_SECRET_ACCESS_KEY"],
        region_name=aws.environment["AWS_REGION"],
    )
    return session.client(service, endpoint_url=aws.environment["AWS_ENDPOINT_URL"])


def code(word: str) -> bytes:
    """Return the zip of a function that answers with a word."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("app.py", f"def handler(event, context):\n    return {word!r}\n")
    return file.getvalue()


def digest(aws: LocalAws) -> str:
    """Return the digest of the code that is deployed."""
    return str(client(aws, "lambda").get_function_configuration(FunctionName="f")["CodeSha256"])


def test_a_refused_operation_does_not_reach_aws(aws: LocalAws, proxy: RefusingProxy) -> None:
    """A refused update raises AWS's error and changes nothing; an allowed one changes the code."""
    functions = client(proxy.aws, "lambda")
    before = digest(aws)

    proxy.refuse("UpdateFunctionCode")
    with pytest.raises(ClientError) as refused:
        functions.update_function_code(FunctionName="f", ZipFile=code("refused"))

    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert digest(aws) == before

    proxy.allow("UpdateFunctionCode")
    functions.update_function_code(FunctionName="f", ZipFile=code("allowed"))
    assert digest(aws) != before


def test_other_operations_pass(aws: LocalAws, proxy: RefusingProxy) -> None:
    """While one operation is refused, the others of that function work as without a proxy."""
    functions = client(proxy.aws, "lambda")

    with proxy.refusing("UpdateFunctionCode"):
        functions.update_function_configuration(FunctionName="f", MemorySize=512)
        answer = functions.invoke(FunctionName="f")["Payload"].read()

    assert functions.get_function(FunctionName="f")["Configuration"]["MemorySize"] == 512
    assert answer == client(aws, "lambda").invoke(FunctionName="f")["Payload"].read()
    assert proxy.operations == [
        *("lambda.UpdateFunctionConfiguration", "lambda.Invoke", "lambda.GetFunction")
    ]


@pytest.mark.parametrize(
    "service, operation, arguments",
    [
        ("lambda", "CreateFunction", {"Handler": "a.b", "Runtime": "python3.13", "Code": {}}),
        ("lambda", "UpdateFunctionConfiguration", {}),
        ("lambda", "GetFunction", {}),
        ("lambda", "DeleteFunction", {}),
        ("iam", "CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": "{}"}),  # query
        ("logs", "CreateLogGroup", {"logGroupName": "g"}),  # JSON
    ],
)
def test_an_operation_of_each_protocol(
    proxy: RefusingProxy, service: str, operation: str, arguments: dict[str, object]
) -> None:
    """The error has status, code and message that were chosen, in the service's own protocol."""
    proxy.refuse(operation, Refusal(400, "Teapot", "<short> & stout"), service=service)
    needed = {"FunctionName": "f"} if service == "lambda" else {}
    needed |= {"Role": ROLE} if operation == "CreateFunction" else {}

    with pytest.raises(ClientError) as refused:
        client(proxy.aws, service)._make_api_call(operation, needed | arguments)  # noqa: SLF001 - by name

    assert refused.value.response["Error"]["Code"] == "Teapot"
    assert refused.value.response["Error"]["Message"] == "<short> & stout"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert proxy.operations == [f"{service}.{operation}"]


def test_a_proxy_that_refuses_nothing_changes_no_answer(
    aws: LocalAws, proxy: RefusingProxy
) -> None:
    """An error of AWS's own passes as it is."""
    answers = []
    for through in (aws, proxy.aws):
        with pytest.raises(ClientError) as missing:
            client(through, "lambda").get_function(FunctionName="missing")
        answers.append(missing.value.response["Error"])

    assert answers[0] == answers[1]
    assert answers[0]["Code"] == "ResourceNotFoundException"


def test_an_unknown_operation_is_refused_to_the_test(proxy: RefusingProxy) -> None:
    """A test that misspells an operation fails, and does not pass without a refusal."""
    with pytest.raises(ValueError, match="lambda has no operation UpdateFunctionCodes"):
        proxy.refuse("UpdateFunctionCodes")
