import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { command, type Partner, serviceNames } from "./partner.ts";

/** What the four services have still to do, added up, and the next time at which one will act. */
export type Quiescence = {
  readonly isQuiet: boolean;
  readonly nextDueAt: Temporal.Instant | undefined;
  /** The furthest of the services' clocks. */
  readonly now: Temporal.Instant;
};

/** Asks every service what is pending. One quiet answer can miss a message between two services: ask twice. */
export async function readQuiescence(operator: Partner): Promise<Quiescence> {
  const answers = await Promise.all(
    serviceNames.map((service) => operationsOf(operator, service).getQuiescence({})),
  );
  const dues = answers.flatMap((answer) =>
    answer.nextDueTime === undefined ? [] : [timestampMs(answer.nextDueTime)],
  );
  const clocks = answers.flatMap((answer) =>
    answer.time === undefined ? [] : [timestampMs(answer.time)],
  );
  return {
    isQuiet: answers.every(
      (answer) =>
        answer.pendingCount + answer.relayLag + answer.consumerLag + answer.dueCount === 0n,
    ),
    nextDueAt:
      dues.length === 0 ? undefined : Temporal.Instant.fromEpochMilliseconds(Math.min(...dues)),
    now: Temporal.Instant.fromEpochMilliseconds(Math.max(...clocks)),
  };
}

/** Sets the clock of every service forward; the services must be quiet. */
export async function moveClocks(operator: Partner, to: Temporal.Instant): Promise<void> {
  const time = timestampFromMs(to.epochMilliseconds);
  await Promise.all(
    serviceNames.map((service) =>
      operationsOf(operator, service).moveClock({ time, ...command("clock-driver") }),
    ),
  );
}

function operationsOf(operator: Partner, service: (typeof serviceNames)[number]) {
  const client = operator.operations.get(service);
  if (client === undefined) throw new Error(`no client of ${service}`);
  return client;
}
