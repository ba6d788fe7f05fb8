import { toJsonString } from "@bufbuild/protobuf";
import { CaseEntrySchema } from "@carehub/contracts/gen/carehub/intake/v1/case_feed_pb.ts";
import { ReferralService } from "@carehub/contracts/gen/carehub/intake/v1/referral_service_pb.ts";
import { CallError } from "@carehub/grpc/call-error";
import { showTime } from "./output.ts";
import type { Reading } from "./reads.ts";
import { isUnreachable } from "./refusal.ts";
import { UsageError } from "./usage-error.ts";

const waitSeconds = 15;
const patienceMs = 60_000;

/**
 * Writes each event of the caller's cases as it comes, one a line, until interrupted or `--count` have come; a lost
 * connection is waited out for a minute. Each line begins with the cursor to go on from.
 */
export async function watch(
  { connection, values, json }: Reading,
  { writeLine, signal }: { writeLine: (line: string) => void; signal: AbortSignal },
): Promise<void> {
  let cursor = values.cursor?.at(-1) ?? "";
  let left = countOf(values.count?.at(-1));
  let heardAt = performance.now();
  while (left > 0 && !signal.aborted) {
    const pageSize = Math.min(200, left);
    const maxWait = { seconds: BigInt(waitSeconds), nanos: 0 };
    try {
      const answer = await connection
        .client(ReferralService)
        .pullCaseEvents({ cursor, maxWait, pageSize }, { signal, deadlineMs: 2_000 * waitSeconds });
      heardAt = performance.now();
      cursor = answer.nextCursor;
      left -= answer.entries.length;
      for (const entry of answer.entries) {
        const { event, reason } = entry;
        const words = [
          entry.cursor,
          showTime(entry.eventTime),
          event?.referral,
          event?.event.case ?? "unknown",
          reason,
        ];
        writeLine(json ? toJsonString(CaseEntrySchema, entry) : words.join("  ").trimEnd());
      }
    } catch (error) {
      if (signal.aborted) return;
      const isPatient = performance.now() - heardAt < patienceMs;
      if (!(error instanceof CallError && isUnreachable(error) && isPatient)) throw error;
    }
  }
}

/** How many events a watch writes before it ends: `--count`; without it there is no end. */
export function countOf(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new UsageError(`--count ${text}: expected a number`);
  return Number(text);
}
