import { type DescMessage, type MessageShape, toJsonString } from "@bufbuild/protobuf";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import {
  WatchCapacityResponseSchema,
  WatchCoursesResponseSchema,
  WatchService,
} from "@carehub/contracts/gen/carehub/capacity/v1/watch_service_pb.ts";
import { resuming } from "@carehub/grpc/resume";
import { showTime } from "./output.ts";
import type { Reading } from "./reads.ts";
import { UsageError } from "./usage-error.ts";
import { countOf } from "./watch.ts";

const patienceMs = 60_000;

type Watching = Reading & {
  readonly writeLine: (line: string) => void;
  readonly signal: AbortSignal;
};

/** Writes each event of the caller's courses as it comes, one a line, as `watch` does; from the beginning unless told. */
export async function watchCourses(watching: Watching): Promise<undefined> {
  const client = watching.connection.client(WatchService);
  const open: Open<typeof WatchCoursesResponseSchema> = (asked, options) =>
    client.watchCourses(asked, options);
  await follow(watching, { schema: WatchCoursesResponseSchema, open }, ({ event }) => ({
    time: event?.eventTime,
    words: [event?.course, event?.event.case],
  }));
}

/** Writes each event of a hub's published capacity as it comes, one a line, as `watch` does. */
export async function watchCapacity(watching: Watching): Promise<undefined> {
  const { target, connection } = watching;
  if (target === undefined) throw new UsageError("which hub? See carehub watch-capacity --help");
  const hub = target.startsWith("hubs/") ? target : `hubs/${target}`;
  const client = connection.client(WatchService);
  const open: Open<typeof WatchCapacityResponseSchema> = (asked, options) =>
    client.watchCapacity({ ...asked, hub }, options);
  await follow(watching, { schema: WatchCapacityResponseSchema, open }, ({ event }) => ({
    time: event?.eventTime,
    words: [event?.hub, event?.event.case, versionOf(event?.event.value)],
  }));
}

type Message = { readonly cursor: string; readonly eventId: string };
type Shown = { readonly time: Timestamp | undefined; readonly words: (string | undefined)[] };
type Open<Schema extends DescMessage> = (
  asked: { readonly cursor: string; readonly fromNow: boolean },
  options: { readonly signal: AbortSignal },
) => AsyncIterable<MessageShape<Schema> & Message>;

async function follow<Schema extends DescMessage>(
  { values, json, writeLine, signal }: Watching,
  { schema, open }: { readonly schema: Schema; readonly open: Open<Schema> },
  show: (message: MessageShape<Schema>) => Shown,
): Promise<void> {
  const cursor = values.cursor?.at(-1) ?? "";
  const fromNow = isNow(values.from?.at(-1));
  let left = countOf(values.count?.at(-1));
  const enough = new AbortController();
  const following = { cursor, patienceMs, signal: AbortSignal.any([signal, enough.signal]) };
  for await (const message of resuming(
    (at, options) => open({ cursor: at, fromNow }, options),
    following,
  )) {
    if (message.eventId === "") continue;
    const { time, words } = show(message);
    const line = [message.cursor, showTime(time), ...words].join("  ").trimEnd();
    writeLine(json ? toJsonString(schema, message) : line);
    left -= 1;
    if (left === 0) enough.abort();
  }
}

function isNow(text: string | undefined): boolean {
  if (text === undefined || text === "now") return text === "now";
  throw new UsageError(`--from ${text}: expected now`);
}

function versionOf(value: object | undefined): string | undefined {
  return value !== undefined && "version" in value ? `version ${value.version}` : undefined;
}
