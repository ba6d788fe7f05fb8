import type { CaseEntry } from "@carehub/contracts/gen/carehub/intake/v1/case_feed_pb.ts";
import type { Partner } from "./partner.ts";

const pageSize = 200;

/** One partner's place in its feed. Entries come in order, each once; a new follower starts at the beginning. */
export function followFeed(partner: Partner) {
  let cursor = "";
  return {
    partner,
    /** The entries since the last pull; waits up to `waitMs` for the first. */
    async pull(waitMs: number): Promise<CaseEntry[]> {
      const maxWait = { seconds: 0n, nanos: waitMs * 1_000_000 };
      const page = await partner.referrals.pullCaseEvents({ cursor, maxWait, pageSize });
      cursor = page.nextCursor === "" ? cursor : page.nextCursor;
      return page.entries;
    },
  };
}

export type Feed = ReturnType<typeof followFeed>;
