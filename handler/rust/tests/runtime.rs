//! The program against a Runtime API, as Lambda runs it: its responses, errors and log lines.
//!
//! The API: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

use serde_json::{Value, json};

/// The outcome of an invocation, `response` or `error`, and its payload.
type Answer = (String, Value);

struct Run {
    answers: Vec<Answer>,
    log: String,
}

impl Run {
    /// The log lines, each a JSON object.
    fn lines(&self) -> Vec<Value> {
        let decode = |line| serde_json::from_str(line).unwrap();
        self.log.lines().map(decode).collect()
    }
}

/// Runs hello in a process with these variables, and sends it each event.
fn run(events: &[&str], settings: &[(&str, &str)]) -> Run {
    let api = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = api.local_addr().unwrap();
    let mut hello = Command::new(env!("CARGO_BIN_EXE_hello"))
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "hello")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .envs(settings.iter().copied())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = hello.stdout.take().unwrap();
    let log = thread::spawn(move || {
        let log = io::read_to_string(stdout).unwrap();
        // Otherwise the API would wait for a process that has ended.
        let _ = TcpStream::connect(address)
            .and_then(|mut stream| stream.write_all(b"GET /exited HTTP/1.1\r\n\r\n"));
        log
    });
    let answers = serve(&api, events);
    hello.kill().unwrap();
    hello.wait().unwrap();
    Run {
        answers,
        log: log.join().unwrap(),
    }
}

/// Sends each event and receives its answer, until the function asks for another event.
fn serve(api: &TcpListener, events: &[&str]) -> Vec<Answer> {
    let mut answers = Vec::new();
    let mut events = events.iter().enumerate();
    loop {
        let (stream, _) = api.accept().unwrap();
        let (target, body) = read_request(&stream);
        assert_ne!(target, "/exited", "hello ended by itself");
        if target.ends_with("/runtime/invocation/next") {
            let Some((number, event)) = events.next() else {
                return answers;
            };
            let headers = format!(
                "lambda-runtime-aws-request-id: request-{number}\r\n\
                 lambda-runtime-deadline-ms: 4102444800000\r\n\
                 lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-west-1:1:function:hello\r\n\
                 lambda-runtime-trace-id: Root=1-5759e988-{number:024x}\r\n"
            );
            respond(&stream, "200 OK", &headers, event);
        } else {
            let outcome = target.rsplit('/').next().unwrap().to_owned();
            answers.push((outcome, serde_json::from_slice(&body).unwrap()));
            respond(&stream, "202 Accepted", "", "");
        }
    }
}

/// Reads a request's path and body.
fn read_request(stream: &TcpStream) -> (String, Vec<u8>) {
    let mut reader = BufReader::new(stream);
    let target = read_line(&mut reader).split(' ').nth(1).unwrap().to_owned();
    let mut length = 0;
    loop {
        let header = read_line(&mut reader).to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (target, body)
}

fn read_line(reader: &mut impl BufRead) -> String {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

fn respond(mut stream: &TcpStream, status: &str, headers: &str, body: &str) {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         connection: close\r\n{headers}\r\n{body}"
    )
    .unwrap();
}

/// A process answers several events, even after a failure.
#[test]
fn answers() {
    let run = run(&[r#"{"name": "world"}"#, r#"{"name": 7}"#, "{}"], &[]);

    assert_eq!(
        run.answers,
        [
            ("response".to_owned(), json!({"message": "Hello, world!"})),
            (
                "error".to_owned(),
                json!({
                    "errorType": "InvalidEventError",
                    "errorMessage": "name must be a string, not a number",
                })
            ),
            (
                "response".to_owned(),
                json!({"message": "Hello, stranger!"})
            ),
        ]
    );
}

/// A number that is too large for a float is a number.
#[test]
fn any_number() {
    let run = run(
        &[r#"{"name": 1e999}"#, r#"{"name": "world", "other": 1e999}"#],
        &[],
    );

    assert_eq!(
        run.answers[0].1["errorMessage"],
        "name must be a string, not a number"
    );
    assert_eq!(run.answers[1].1, json!({"message": "Hello, world!"}));
}

/// An invocation logs one line, with the event unchanged and the request's ids.
#[test]
fn one_line_an_invocation() {
    let events = [
        r#"{"name":"world"}"#,
        r#"{"number":123456789012345678901234567890}"#,
    ];

    let lines = run(&events, &[]).lines();

    assert_eq!(lines.len(), 2);
    for (number, (line, event)) in lines.iter().zip(events).enumerate() {
        assert_eq!(line["message"], "invoked");
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["event"], event);
        assert_eq!(line["span"]["requestId"], format!("request-{number}"));
        assert_eq!(
            line["span"]["xrayTraceId"],
            format!("Root=1-5759e988-{number:024x}")
        );
    }
}

/// A failed invocation logs its event and its error with the request's id.
#[test]
fn invalid_event() {
    let lines = run(&["[]"], &[]).lines();

    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["event"], "[]");
    assert_eq!(lines[1]["level"], "ERROR");
    assert_eq!(lines[0]["span"]["requestId"], lines[1]["span"]["requestId"]);
}

/// The time is in UTC and in RFC 3339's form, the only one that Lambda reads.
#[test]
fn timestamp() {
    let lines = run(&["{}"], &[]).lines();
    let timestamp = lines[0]["timestamp"].as_str().unwrap();

    assert!(timestamp.starts_with("20"), "{timestamp}");
    assert_eq!(timestamp.as_bytes()[10], b'T', "{timestamp}");
    assert!(timestamp.ends_with('Z'), "{timestamp}");
}

/// The environment sets the level, and `Text` in place of JSON.
#[test]
fn log_from_the_environment() {
    assert_eq!(run(&["{}"], &[("AWS_LAMBDA_LOG_LEVEL", "ERROR")]).log, "");
    assert_ne!(run(&["{}"], &[("AWS_LAMBDA_LOG_LEVEL", "INFO")]).log, "");

    let text = run(&["{}"], &[("AWS_LAMBDA_LOG_FORMAT", "Text")]).log;
    assert!(text.contains("hello: invoked event={}"), "{text}");
}
