import type { Database } from "@carehub/database/pool";
import type { PublishedWatch } from "@carehub/database/published-watch";
import type { Caller } from "@carehub/rules/caller";
import type { Uuid } from "@carehub/rules/ids";
import type { Logger } from "@carehub/runtime/logging";
import type { KeyStore } from "../storage/key-store.ts";
import type { PatientStore } from "../storage/patient-store.ts";
import type { ReferralReads } from "../storage/referral-reads.ts";
import { createCaseAnswers } from "./case-answers.ts";
import { pullCaseEvents } from "./case-feed.ts";
import type { Command, Publish } from "./change-referral.ts";
import { createCommands } from "./commands.ts";
import { createDisclosures } from "./disclosures.ts";
import { createQueries } from "./queries.ts";
import { type SubmitInput, submit } from "./submit.ts";

/** What the use cases need; `main.ts` hands it in. */
export type IntakeContext = {
  readonly db: Database;
  readonly keys: KeyStore;
  readonly patients: PatientStore;
  readonly reads: ReferralReads;
  readonly watch: PublishedWatch;
  readonly blindIndexKey: Uint8Array;
  readonly publish: Publish;
  /** Ids whose order is that of their making. */
  readonly newId: () => Uuid;
  readonly logger: Logger;
};

/** Everything that intake does. */
export type IntakeApp = ReturnType<typeof createIntakeApp>;

/** Wires the use cases. */
export function createIntakeApp(context: IntakeContext) {
  return {
    submit: (input: SubmitInput, command: Command) => submit(context, input, command),
    commands: createCommands(context),
    ...createCaseAnswers(context),
    queries: createQueries(context),
    pull: (asked: Parameters<typeof pullCaseEvents>[1], caller: Caller) =>
      pullCaseEvents(context, asked, caller),
    disclosures: createDisclosures(context),
  };
}
