/** The event is not one that hello can answer; Lambda reports the name and the message. */
export class InvalidEventError extends Error {
  override name = "InvalidEventError";
}

/** Takes the name from an event: nothing where it is missing or null. */
export function nameIn(event: unknown): string | undefined {
  if (typeof event !== "object" || event === null || Array.isArray(event)) {
    throw new InvalidEventError(`the event must be an object, not ${kind(event)}`);
  }
  const { name } = event as { name?: unknown };
  if (name !== undefined && name !== null && typeof name !== "string") {
    throw new InvalidEventError(`name must be a string, not ${kind(name)}`);
  }
  return name ?? undefined;
}

function kind(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
