import type { Caller } from "@carehub/rules/caller";
import { DomainError } from "@carehub/rules/domain-error";
import type { Uuid } from "@carehub/rules/ids";
import { PrismaPg } from "@prisma/adapter-pg";
import type { CareState } from "../domain/case-terms.ts";
import { sideOf } from "../domain/parties.ts";
import type { StoredReferral } from "../domain/stored-referral.ts";
import { PrismaClient } from "./generated/client.ts";
import type { DisclosureModel } from "./generated/models/Disclosure.ts";
import type { ReferralModel } from "./generated/models/Referral.ts";
import { toStoredReferral } from "./referral-row.ts";

/** Which of a caller's referrals a list holds, and where its page begins. */
export type ListQuery = {
  readonly size: number;
  /** The id of the last one of the page before. */
  readonly after?: string | undefined;
  readonly careState?: CareState | undefined;
  readonly openOnly?: boolean;
  readonly placerNumber?: string | undefined;
};

/** A reading of a patient's data, as it was recorded. */
export type DisclosureRow = Pick<
  DisclosureModel,
  "id" | "reader" | "actor" | "purpose" | "content" | "traceId"
> & { readonly createdAt: Temporal.Instant };

/** The reads of intake, by Prisma on the service's own pool; none of them without the caller. */
export type ReferralReads = {
  readonly get: (id: Uuid, caller: Caller) => Promise<StoredReferral>;
  /** Newest first, at most `size`. */
  readonly list: (query: ListQuery, caller: Caller) => Promise<StoredReferral[]>;
  /** The readings of a referral's data, newest first, from before that id. */
  readonly disclosures: (
    id: Uuid,
    page: { readonly size: number; readonly before?: string | undefined },
  ) => Promise<DisclosureRow[]>;
  readonly close: () => Promise<void>;
};

/** Opens the reads. */
export function openReferralReads(pool: ConstructorParameters<typeof PrismaPg>[0]): ReferralReads {
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  return {
    get: async (id, caller) => {
      const row = await prisma.referral.findFirst({ where: { id, ...ownedBy(caller) } });
      if (row === null)
        throw new DomainError("REFERRAL_NOT_FOUND", { referral: `referrals/${id}` });
      return fromModel(row);
    },
    list: async ({ size, after, careState, openOnly, placerNumber }, caller) => {
      const rows = await prisma.referral.findMany({
        where: {
          ...ownedBy(caller),
          ...(careState && { careState }),
          ...(openOnly === true && { closedAt: null }),
          ...(placerNumber && { placerNumber }),
          ...(after && { id: { lt: after } }),
        },
        // Ids are of version 7: their order is that of submission.
        orderBy: { id: "desc" },
        take: size,
      });
      return rows.map(fromModel);
    },
    disclosures: async (id, { size, before }) => {
      const rows = await prisma.disclosure.findMany({
        where: { referralId: id, ...(before && { id: { lt: before } }) },
        orderBy: { id: "desc" },
        take: size,
      });
      return rows.map((row) => ({ ...row, createdAt: toInstant(row.createdAt) }));
    },
    close: () => prisma.$disconnect(),
  };
}

function ownedBy(caller: Caller): { OR: [{ sendingParty: string }, { hub: string }] } {
  const side = sideOf(caller) ?? "";
  return { OR: [{ sendingParty: side }, { hub: side }] };
}

function fromModel(model: ReferralModel): StoredReferral {
  const { consentDate, createdAt, updatedAt, closedAt } = model;
  return toStoredReferral({
    ...model,
    consentDate: Temporal.PlainDate.from(consentDate.toISOString().slice(0, 10)),
    createdAt: toInstant(createdAt),
    updatedAt: toInstant(updatedAt),
    closedAt: closedAt && toInstant(closedAt),
  });
}

function toInstant(date: Date): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(date.getTime());
}
