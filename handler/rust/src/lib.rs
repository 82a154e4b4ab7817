//! The Lambda function that this repository deploys: it greets a name, or a stranger.
//!
//! ```text
//! {"name": "world"}  ->  {"message": "Hello, world!"}
//! {}                 ->  {"message": "Hello, stranger!"}
//! ```
//!
//! `handler/python/hello.py` has the same responses and errors. They differ only for an event that is
//! nested deeper than 127 levels or has half of a surrogate pair (`"\ud800"`): `serde_json` does not
//! read it, and the error is one of `lambda_runtime`.

use std::fmt;

use lambda_runtime::Diagnostic;
use serde::Serialize;
use serde_json::Value;

/// Hello's response, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HelloResponse {
    /// The greeting.
    pub message: String,
}

/// The event is not one that hello can answer; the message says what is wrong with it.
///
/// Lambda marks the response to it with `FunctionError`, and its payload has the `errorType`
/// "`InvalidEventError`" and this message as `errorMessage`, for the caller to read and for a Step
/// Functions state to catch by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidEventError(String);

impl fmt::Display for InvalidEventError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for InvalidEventError {}

impl From<InvalidEventError> for Diagnostic {
    fn from(error: InvalidEventError) -> Self {
        Self {
            error_type: "InvalidEventError".to_owned(),
            error_message: error.0,
        }
    }
}

/// Greets someone by name, or a stranger where the name is missing or empty.
#[must_use]
pub fn say_hello(name: Option<&str>) -> HelloResponse {
    let name = name.filter(|name| !name.is_empty()).unwrap_or("stranger");
    HelloResponse {
        message: format!("Hello, {name}!"),
    }
}

/// Takes the name from an event: `None` where it is missing or null.
///
/// # Errors
///
/// The event is not an object, or its name is not a string.
pub fn name_in(event: &Value) -> Result<Option<&str>, InvalidEventError> {
    let Value::Object(fields) = event else {
        let kind = json_type(event);
        return Err(InvalidEventError(format!(
            "the event must be an object, not {kind}"
        )));
    };
    match fields.get("name") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(name)) => Ok(Some(name)),
        Some(name) => {
            let kind = json_type(name);
            Err(InvalidEventError(format!(
                "name must be a string, not {kind}"
            )))
        }
    }
}

fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A name is greeted.
    #[test]
    fn name_provided() {
        assert_eq!(say_hello(Some("world")).message, "Hello, world!");
    }

    /// Without a name, or with an empty one, a stranger is greeted.
    #[test]
    fn no_name_provided() {
        for name in [None, Some("")] {
            assert_eq!(say_hello(name).message, "Hello, stranger!");
        }
    }

    /// The name of an event is taken as it is, whatever its characters.
    #[test]
    fn name_of_an_event() {
        for name in ["world", "Zoë 🌍", "\"quoted\"", ""] {
            assert_eq!(name_in(&json!({ "name": name })), Ok(Some(name)));
        }
    }

    /// A missing name and a null are no name.
    #[test]
    fn event_without_a_name() {
        for event in [json!({}), json!({"other": "value"}), json!({"name": null})] {
            assert_eq!(name_in(&event), Ok(None));
        }
    }

    /// Any other name, falsy ones too, is an error that names the key and both types.
    #[test]
    fn name_must_be_a_string() {
        for (name, kind) in [
            (json!(7), "a number"),
            (json!(0), "a number"),
            (json!(1.5), "a number"),
            (json!(false), "a boolean"),
            (json!(["world"]), "an array"),
            (json!({}), "an object"),
        ] {
            let error = name_in(&json!({ "name": name })).unwrap_err();

            assert_eq!(
                error.to_string(),
                format!("name must be a string, not {kind}")
            );
        }
    }

    /// Any other event is an error that says what came instead.
    #[test]
    fn event_must_be_an_object() {
        for (event, kind) in [
            (json!(null), "null"),
            (json!("world"), "a string"),
            (json!(7), "a number"),
            (json!(true), "a boolean"),
            (json!([{"name": "world"}]), "an array"),
        ] {
            let error = name_in(&event).unwrap_err();

            assert_eq!(
                error.to_string(),
                format!("the event must be an object, not {kind}")
            );
        }
    }

    /// An error has the name that callers catch it by.
    #[test]
    fn error_type() {
        let diagnostic = Diagnostic::from(name_in(&json!({"name": 7})).unwrap_err());

        assert_eq!(diagnostic.error_type, "InvalidEventError");
        assert_eq!(
            diagnostic.error_message,
            "name must be a string, not a number"
        );
    }
}
