import { ReferralService } from "@carehub/contracts/gen/carehub/intake/v1/referral_service_pb.ts";
import { CallError } from "@carehub/grpc/call-error";
import type { Connection } from "./connection.ts";
import { UsageError } from "./usage-error.ts";

const uuid = /^(?:[a-z]+\/)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/**
 * The uuid of a case: of its name at any service, since they share it, or of the placer number under which the
 * caller's own list has it.
 */
export async function findCase(connection: Connection, text: string | undefined): Promise<string> {
  if (text === undefined || text === "") {
    throw new UsageError("name the case: its uuid, its name or the ministry's placer number");
  }
  const [, found] = uuid.exec(text) ?? [];
  if (found !== undefined) return found;
  const { referrals } = await connection
    .client(ReferralService)
    .listReferrals({ placerNumber: text, pageSize: 2 });
  const [only, other] = referrals;
  if (only === undefined) throw notFound(text);
  if (other !== undefined) {
    throw new UsageError(`two ministries use the number ${text}: name the case by its uuid`);
  }
  return only.name.replace("referrals/", "");
}

function notFound(placerNumber: string): CallError {
  return new CallError("ListReferrals", {
    code: "NOT_FOUND",
    reason: "REFERRAL_NOT_FOUND",
    domain: "intake.carehub",
    metadata: { placerNumber },
    violations: [],
    traceId: "",
  });
}
