//! Hello in Lambda: the wrapper, and what it writes to its log.
//!
//! Each invocation writes one line "invoked" with its event, in the span of `lambda_runtime`, which
//! has the request's id and the trace's. The environment sets the rest:
//!
//! - `AWS_LAMBDA_LOG_LEVEL`: the log level; Lambda sets it, from the function's logging
//!   configuration. `INFO` by default.
//! - `RUST_LOG`: the log level where Lambda sets none, also of single modules: `info,hello=debug`.
//! - `AWS_LAMBDA_LOG_FORMAT`: `Text` for lines that people read; JSON by default.

use std::env;

use hello::{HelloResponse, InvalidEventError, name_in, say_hello};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};

// Lambda gives a function one event at a time, so one thread is enough, and starts faster.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let setting = |name| env::var(name).ok();
    let filter = log_filter(
        setting("AWS_LAMBDA_LOG_LEVEL").as_deref(),
        setting("RUST_LOG").as_deref(),
    );
    let registry = tracing_subscriber::registry().with(filter);
    if setting("AWS_LAMBDA_LOG_FORMAT").is_some_and(|format| format.eq_ignore_ascii_case("text")) {
        registry.with(fmt::layer().with_ansi(false)).init();
    } else {
        let layer = fmt::layer()
            .json()
            .flatten_event(true)
            .with_span_list(false);
        registry.with(layer).init();
    }

    lambda_runtime::run(service_fn(lambda_handler)).await
}

/// Handles one invocation.
///
/// # Errors
///
/// The event is not one that hello can answer.
async fn lambda_handler(event: LambdaEvent<Value>) -> Result<HelloResponse, InvalidEventError> {
    tracing::info!(event = %event.payload, "invoked");
    name_in(&event.payload).map(say_hello)
}

/// Returns the log filter: by Lambda's level, else by `RUST_LOG`, else `INFO`.
fn log_filter(lambda: Option<&str>, rust_log: Option<&str>) -> Targets {
    let everything = |level| Targets::new().with_default(level);
    match (lambda, rust_log) {
        // Lambda's highest level, which no event here has.
        (Some(level), _) if level.eq_ignore_ascii_case("fatal") => everything(LevelFilter::OFF),
        (Some(level), _) => everything(level.parse().unwrap_or(LevelFilter::INFO)),
        (None, Some(directives)) => directives
            .parse()
            .unwrap_or_else(|_| everything(LevelFilter::INFO)),
        (None, None) => everything(LevelFilter::INFO),
    }
}

#[cfg(test)]
mod tests {
    use lambda_runtime::Context;
    use serde_json::json;
    use tracing::Level;

    use super::*;

    async fn invoke(event: Value) -> Result<Value, InvalidEventError> {
        let response = lambda_handler(LambdaEvent::new(event, Context::default())).await?;
        Ok(serde_json::to_value(response).unwrap())
    }

    /// The event's name is greeted, whatever its characters.
    #[tokio::test]
    async fn name_provided() {
        for name in ["world", "Zoë 🌍", "\"quoted\""] {
            let answer = invoke(json!({ "name": name })).await;

            assert_eq!(answer, Ok(json!({"message": format!("Hello, {name}!")})));
        }
    }

    /// An event without a name, or with a null or empty one, greets a stranger.
    #[tokio::test]
    async fn no_name_provided() {
        for event in [json!({}), json!({"name": null}), json!({"name": ""})] {
            assert_eq!(
                invoke(event).await,
                Ok(json!({"message": "Hello, stranger!"}))
            );
        }
    }

    /// A name that is no string is an error.
    #[tokio::test]
    async fn invalid_event() {
        let error = invoke(json!({"name": 7})).await.unwrap_err();

        assert_eq!(error.to_string(), "name must be a string, not a number");
    }

    /// Lambda's level counts before `RUST_LOG`, in Lambda's own words for levels.
    #[test]
    fn level_from_the_environment() {
        for (lambda, rust_log, lets_info, lets_error) in [
            (None, None, true, true),
            (Some("ERROR"), None, false, true),
            (Some("ERROR"), Some("trace"), false, true),
            (Some("FATAL"), None, false, false),
            (Some("no level"), None, true, true),
            (None, Some("error"), false, true),
            (None, Some("error,hello=info"), true, true),
            (None, Some("hello=info=error"), true, true),
        ] {
            let filter = log_filter(lambda, rust_log);

            assert_eq!(filter.would_enable("hello", &Level::INFO), lets_info);
            assert_eq!(filter.would_enable("hello", &Level::ERROR), lets_error);
        }
    }
}
