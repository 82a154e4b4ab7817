/**
 * The Lambda function hello in TypeScript: it greets a name, or a stranger.
 *
 *     {"name": "world"}  ->  {"message": "Hello, world!"}
 *     {}                 ->  {"message": "Hello, stranger!"}
 */

import { nameIn } from "./event.ts";

export interface HelloResponse {
  message: string;
}

export async function handler(event: unknown): Promise<HelloResponse> {
  return { message: `Hello, ${nameIn(event) || "stranger"}!` };
}
