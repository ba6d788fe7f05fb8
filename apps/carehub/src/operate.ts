import { create, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import {
  DeadLetterSchema,
  DeadLetterStateSchema,
  MoveClockRequestSchema,
  OperationsService,
  ReplayDeadLettersRequestSchema,
  ReplayDeadLettersResponseSchema,
  WhoAmIResponseSchema,
} from "@carehub/contracts/gen/carehub/operations/v1/operations_service_pb.ts";
import { type Connection, type ServiceName, serviceNames } from "./connection.ts";
import { nameOf } from "./describe.ts";
import { facts, showTime, table } from "./output.ts";
import { pageSize, readPages } from "./pages.ts";
import type { Reading } from "./reads.ts";
import { signature } from "./signature.ts";
import { UsageError } from "./usage-error.ts";

/** Who the certificate says that the caller is. */
export async function whoAmI({ connection, json }: Reading): Promise<string> {
  const answer = await connection.client(OperationsService, "intake").whoAmI({});
  if (json) return JSON.stringify(toJson(WhoAmIResponseSchema, answer), null, 2);
  return facts([
    ["you are", answer.caller],
    ["identity", answer.spiffeId],
  ]);
}

/** The messages that a service could not handle, and those parked behind them. */
export async function deadLetters({ connection, target, json }: Reading): Promise<string> {
  const found = await Promise.all(servicesOf(target).map((each) => readDead(connection, each)));
  const all = found.flat();
  if (json) {
    const letters = all.map(({ service, letter }) => ({
      service,
      ...(toJson(DeadLetterSchema, letter) as Record<string, JsonValue>),
    }));
    return JSON.stringify({ deadLetters: letters }, null, 2);
  }
  if (all.length === 0) return "no dead letters";
  const rows = all.map(({ service, letter }) => [
    service,
    nameOf(DeadLetterStateSchema, letter.state),
    letter.topic,
    letter.key,
    letter.eventType,
    letter.aggregateRevision,
    letter.reason,
    letter.tryCount,
    showTime(letter.createTime),
  ]);
  const head = ["service", "state", "topic", "key", "event", "revision", "why", "tries", "since"];
  return table(head, rows);
}

/** Handles the dead letter of a key again, and those behind it. */
export async function replay(reading: Reading & { rest: readonly string[] }): Promise<string> {
  const { connection, target, rest, values, json } = reading;
  const [topic, key] = rest;
  if (target === undefined || topic === undefined || key === undefined) {
    throw new UsageError("replay SERVICE TOPIC KEY, as `carehub dead-letters` tells them");
  }
  const [service] = servicesOf(target);
  const request = fromJson(ReplayDeadLettersRequestSchema, { topic, key, ...signature(values) });
  const answer = await connection.client(OperationsService, service).replayDeadLetters(request);
  if (json) return JSON.stringify(toJson(ReplayDeadLettersResponseSchema, answer), null, 2);
  return `${answer.handledCount} handled, ${answer.remainingCount} remain`;
}

/** Tells every service's clock; given a time or a length such as P3D, moves them all forward to it. */
export async function clock({ connection, target, values, json }: Reading): Promise<string> {
  const before = await readClocks(connection);
  if (target !== undefined) {
    const furthest = Math.max(...before.map(({ ms }) => ms));
    const time = timestampFromMs(timeOf(target, furthest));
    // One after another and each time the same: a repeat after a failure carries on.
    for (const { service } of before) {
      const request = create(MoveClockRequestSchema, {
        ...fromJson(MoveClockRequestSchema, signature(values)),
        time,
      });
      await connection.client(OperationsService, service).moveClock(request);
    }
  }
  const now = target === undefined ? before : await readClocks(connection);
  if (json) return JSON.stringify({ clocks: now.map(({ ms: _, ...rest }) => rest) }, null, 2);
  const rows = now.map(({ service, time, pending, nextDueTime }) => [
    service,
    time,
    pending,
    nextDueTime,
  ]);
  return table(["service", "clock", "still to do", "next due"], rows);
}

async function readClocks(connection: Connection) {
  return await Promise.all(
    serviceNames.map(async (service) => {
      const answer = await connection.client(OperationsService, service).getQuiescence({});
      const { pendingCount, relayLag, consumerLag, dueCount } = answer;
      const ms = answer.time === undefined ? 0 : timestampMs(answer.time);
      return {
        service,
        ms,
        time: Temporal.Instant.fromEpochMilliseconds(ms).toString(),
        pending: Number(pendingCount + relayLag + consumerLag + dueCount),
        nextDueTime: showTime(answer.nextDueTime),
      };
    }),
  );
}

function timeOf(text: string, nowMs: number): number {
  try {
    if (!/^P/.test(text)) return Temporal.Instant.from(text).epochMilliseconds;
    const now = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO("UTC");
    return now.add(Temporal.Duration.from(text)).epochMilliseconds;
  } catch (cause) {
    const expected = "a time such as 2026-02-01T09:00:00Z, or a length such as P3D or PT12H";
    throw new UsageError(`clock ${text}: expected ${expected}`, { cause });
  }
}

async function readDead(connection: Connection, service: ServiceName) {
  return await readPages(async (pageToken) => {
    const client = connection.client(OperationsService, service);
    const answer = await client.listDeadLetters({ pageSize, pageToken });
    return {
      items: answer.deadLetters.map((letter) => ({ service, letter })),
      next: answer.nextPageToken,
    };
  });
}

function servicesOf(text: string | undefined): readonly ServiceName[] {
  if (text === undefined) return serviceNames;
  const known = serviceNames.find((name) => name === text);
  if (known !== undefined) return [known];
  throw new UsageError(`${text} is no service; expected one of ${serviceNames.join(", ")}`);
}
