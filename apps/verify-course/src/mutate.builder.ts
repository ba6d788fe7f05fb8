import type { JsonObject } from "@bufbuild/protobuf";
import type { Document } from "./example.builder.ts";
import type { Rule } from "./violation.ts";

/** One thing that is wrong with a course: in its certificate, in its hash, or in the hub's document. */
export type Mutation = {
  readonly name: string;
  readonly rule: Rule;
  readonly change?: (document: Document) => void;
  readonly hub?: JsonObject;
  readonly hash?: string;
};

/** Minutes of an hour, and of a day. */
export const hours = 60;
export const day = 24 * hours;

/** The name of one of the example's resources. */
export const resource = (id: string) => `hubs/test/resources/${id}`;
const minutes = (time: string) => Temporal.Instant.from(time).epochMilliseconds / 60_000;
/** A time so many minutes later. */
export const later = (time: string, by: number) =>
  Temporal.Instant.from(time).add({ minutes: by }).toString();

/** A part of the document that must be there. */
export function part<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error("the example has changed: a mutation finds nothing");
  return value;
}

/** Puts a value at a place that is there: `sessions.4.number`. */
export function set(path: string, value: unknown) {
  return (document: Document) => {
    const names = path.split(".");
    const last = names.pop() ?? "";
    let holder = document as unknown as Record<string, unknown>;
    for (const name of names) holder = part(holder[name]) as Record<string, unknown>;
    part(holder[last] === undefined ? undefined : path);
    holder[last] = value;
  };
}

/** What has a beginning and an end. */
export type Timed = { start_time: string; end_time: string };

/** Moves one part. */
export function shift(timed: Timed, by: number): void {
  timed.start_time = later(timed.start_time, by);
  timed.end_time = later(timed.end_time, by);
}

/** Moves a session whole, and states its gaps and length anew: only what is broken thereby stays wrong. */
export function move(number: number, by: number) {
  return (document: Document) => {
    const session = part(document.sessions[number - 1]);
    for (const timed of [session, ...session.resources]) shift(timed, by);
    restate(document);
  };
}

function restate(document: Document): void {
  const { sessions } = document;
  document.gap_minutes = sessions
    .slice(1)
    .map((session, at) => minutes(session.start_time) - minutes(part(sessions[at]).end_time));
}

/** Says other rooms than there were, for sessions of these numbers. */
export function inRoom(id: string, ...numbers: number[]) {
  return (document: Document) => {
    for (const session of document.sessions) {
      if (numbers.length > 0 && !numbers.includes(session.number)) continue;
      session.site = resource(id);
      part(session.resources.find((use) => use.resource.includes("room"))).resource = resource(id);
    }
  };
}
