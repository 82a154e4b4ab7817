// The Lambda function hello in Go: it greets a name, or a stranger.
//
//	{"name": "world"}  ->  {"message": "Hello, world!"}
//	{}                 ->  {"message": "Hello, stranger!"}
package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-lambda-go/lambda"
)

// HelloResponse is what hello answers, as JSON.
type HelloResponse struct {
	Message string `json:"message"`
}

// InvalidEventError says why hello cannot answer an event; Lambda reports its name and message.
type InvalidEventError string

func (e InvalidEventError) Error() string { return string(e) }

func main() {
	lambda.Start(hello)
}

func hello(_ context.Context, event any) (HelloResponse, error) {
	name, err := nameIn(event)
	if err != nil {
		return HelloResponse{}, err
	}
	if name == "" {
		name = "stranger"
	}
	return HelloResponse{Message: fmt.Sprintf("Hello, %s!", name)}, nil
}

// nameIn takes the name from an event: "" where it is missing or null.
func nameIn(event any) (string, error) {
	fields, ok := event.(map[string]any)
	if !ok {
		return "", InvalidEventError("the event must be an object, not " + kind(event))
	}
	switch name := fields["name"].(type) {
	case nil:
		return "", nil
	case string:
		return name, nil
	default:
		return "", InvalidEventError("name must be a string, not " + kind(name))
	}
}

func kind(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case float64:
		return "a number"
	case string:
		return "a string"
	case []any:
		return "an array"
	default:
		return "an object"
	}
}
