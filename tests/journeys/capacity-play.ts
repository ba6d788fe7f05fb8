import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { command, type Partner } from "@carehub/partners/partner";
import { moveClocks, waitUntilQuiet } from "../faults/sandbox.ts";
import { checkPlatform, type Report } from "../invariants/check-platform.ts";
import { databaseNames } from "../invariants/invariant.ts";
import { type Cases, openCases } from "./capacity-cases.ts";
import { type Stage, setStage } from "./stage.ts";

/** One platform for several stories about a hub's capacity, with its clock in the hand of the test. */
export type Play = {
  readonly stage: Stage;
  readonly cases: Cases;
  readonly partnerOf: (identity: string) => Partner;
  /** Sets the clock of every service, once nothing is pending, and waits for what becomes due by it. */
  readonly moveTo: (time: string) => Promise<void>;
  readonly quiet: () => Promise<void>;
  /** Runs the checker of invariants. */
  readonly check: () => Promise<Report>;
  readonly close: () => Promise<void>;
};

/** Starts the platform under a name of its own; `identities` play beside those of the examples. */
export async function openPlay(name: string, identities: readonly string[]): Promise<Play> {
  const stage = await setStage(name, { identities });
  const { platform, partnerOf, close } = stage;
  const operator = partnerOf("operator/registry");
  const quiet = () => waitUntilQuiet(operator);
  const urls = databaseNames.map((database) => [database, platform.databaseUrl(database)]);
  return {
    ...{ stage, partnerOf, quiet, close },
    cases: openCases(stage),
    moveTo: async (time) => {
      await quiet();
      await moveClocks(operator, Temporal.Instant.from(time));
      await quiet();
    },
    check: async () => {
      await quiet();
      const databases = Object.fromEntries(urls);
      return checkPlatform({ databases, brokers: platform.brokers.split(",") });
    },
  };
}

/** A date of 2026 as the API writes it. */
export function date(monthAndDay: string) {
  const { year, month, day } = Temporal.PlainDate.from(`2026-${monthAndDay}`);
  return { year, month, day };
}

/** The beginning of a day of 2026 in the hubs' zone, or a time of it. */
export function localTime(monthAndDay: string, time = "00:00") {
  const zoned = Temporal.ZonedDateTime.from(`2026-${monthAndDay}T${time}[Asia/Almaty]`);
  return timestampFromMs(zoned.epochMilliseconds);
}

/** A command of a person with a name of their own. */
export const as = command;
