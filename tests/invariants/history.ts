/*
 * The history of what clients asked, kept beside the platform: JSON lines, one before each call and one after it.
 * A call that is sent again with its request id has the same `requestId`; what nobody can tell is `unknown`.
 */
import { readFile } from "node:fs/promises";

/** One line of a history. */
export type HistoryLine = {
  readonly kind: "invoke" | "ok" | "refused" | "unknown";
  readonly requestId: string;
  /** As the service knows it: `ministry/UZ`. */
  readonly caller: string;
  /** Whose database keeps the request. */
  readonly service: "intake" | "capacity" | "agreements" | "billing";
  /** `carehub.intake.v1.ReferralService/SubmitReferral`. */
  readonly method: string;
  /** Of an ok: the name of what it made or changed, `referrals/{uuid}`. */
  readonly name?: string;
  /** Of an ok: a digest of the response, the same for every repeat. */
  readonly response?: string;
  /** Of a refused: the coded reason. */
  readonly reason?: string;
};

/** Reads a history; the last line may be cut off by the death of who wrote it. */
export async function readHistory(file: string): Promise<HistoryLine[]> {
  const lines = (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");
  return lines.flatMap((line, index) => {
    try {
      return [JSON.parse(line) as HistoryLine];
    } catch (cause) {
      if (index === lines.length - 1) return [];
      throw new Error(`${file}:${index + 1} is not a line of a history`, { cause });
    }
  });
}
