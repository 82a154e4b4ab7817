"""Source code in Rust, and the mark of tests that compile it."""

import subprocess

import pytest


def cargo_runs() -> bool:
    """Return whether cargo runs: rustup's is on the `PATH` even without a toolchain."""
    try:
        finished = subprocess.run(["cargo", "--version"], capture_output=True, check=False)
    except OSError:
        return False
    return finished.returncode == 0


needs_cargo = pytest.mark.skipif(
    not cargo_runs(), reason="cargo is not installed, or has no toolchain: https://rustup.rs"
)

# Calls the Runtime API without a library: a crate without dependencies compiles in a second.
# https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
_MAIN = """\
use std::io::{Read, Write};

fn ask(head: &str, body: &str) -> String {
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let mut stream = std::net::TcpStream::connect(&api).unwrap();
    let length = body.len();
    let more = format!("Host: {api}\\r\\nConnection: close\\r\\nContent-Length: {length}");
    stream.write_all(format!("{head} HTTP/1.1\\r\\n{more}\\r\\n\\r\\n{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn main() {
    let runtime = "/2018-06-01/runtime/invocation";
    loop {
        let event = ask(&format!("GET {runtime}/next"), "");
        let id = event
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| name.eq_ignore_ascii_case("lambda-runtime-aws-request-id"))
            .unwrap()
            .1;
        ask(&format!("POST {runtime}/{id}/response"), ANSWER);
    }
}
"""


def function(answer: str, more: str = "") -> str:
    """Return the source code of a function.

    Args:
        answer: Its response: a Rust expression for a string of JSON.
        more: Code to put in front.
    """
    return more + _MAIN.replace("ANSWER", answer)
