import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { command, type Partner } from "@carehub/partners/partner";
import { until } from "@carehub/testing/wait";

const quietLimitMs = 60_000;

/** Resolves when no service has anything left to do at its present time, asked twice. */
export async function waitUntilQuiet(operator: Partner): Promise<void> {
  let quietAnswers = 0;
  // A message can pass between two services while each is asked: only the second quiet answer counts.
  const isQuiet = async () => {
    const answers = await Promise.all(
      [...operator.operations.values()].map((client) => client.getQuiescence({})),
    );
    const isDone = answers.every(
      ({ pendingCount, relayLag, consumerLag, dueCount }) =>
        pendingCount + relayLag + consumerLag + dueCount === 0n,
    );
    quietAnswers = isDone ? quietAnswers + 1 : 0;
    return quietAnswers >= 2;
  };
  await until(isQuiet, { what: "the platform to be quiet", limitMs: quietLimitMs });
}

/** Sets the clock of every service forward, whatever they still have to do. */
export async function moveClocks(operator: Partner, to: Temporal.Instant): Promise<void> {
  const time = timestampFromMs(to.epochMilliseconds);
  await Promise.all(
    [...operator.operations.values()].map((client) =>
      client.moveClock({ time, ...command("clock-driver") }),
    ),
  );
}
