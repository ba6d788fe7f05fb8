import type { MessageInitShape } from "@bufbuild/protobuf";
import type { OverrideApprovedSchema } from "@carehub/contracts/gen/carehub/capacity/v1/hub_events_pb.ts";
import {
  Override_State,
  type OverrideConsentSchema,
  type OverrideSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/override_pb.ts";
import { toTimestamp } from "@carehub/grpc/instants";
import { courseName, type HubName, poolName, resourceName } from "../domain/names.ts";
import {
  type Consent,
  type Opens,
  type Override,
  type OverrideState,
  type StoredOverride,
  shownState,
} from "../domain/override.ts";
import { toWireDate } from "./basics.ts";

/** An override as the API shows it at that time, with its persons or only their roles. */
export function toWireOverride(
  { name, override, revision, createdAt, updatedAt }: StoredOverride,
  { now, withPersons }: { readonly now: Temporal.Instant; readonly withPersons: boolean },
): MessageInitShape<typeof OverrideSchema> {
  const { hub, course, opens, reason, expiresAt, proposal, approval, usedAt } = override;
  return {
    name,
    createTime: toTimestamp(createdAt),
    updateTime: toTimestamp(updatedAt),
    etag: `W/"${revision}"`,
    state: wireStates[shownState(override, now)],
    course: course === undefined ? "" : courseName(course),
    opens: toWireOpens(hub, opens),
    reason,
    expireTime: toTimestamp(expiresAt),
    proposal: toConsent(proposal, withPersons),
    ...(approval && { approval: toConsent(approval, withPersons) }),
    ...(usedAt && { useTime: toTimestamp(usedAt) }),
  };
}

/** What is told of an override that two persons agreed on; no person is named. */
export function toWireApproved(
  name: string,
  { hub, course, opens, reason, expiresAt, proposal, approval }: Override,
): MessageInitShape<typeof OverrideApprovedSchema> {
  return {
    override: name,
    course: course === undefined ? "" : courseName(course),
    opens: toWireOpens(hub, opens),
    reason,
    proposerRole: proposal.role,
    approverRole: approval?.role ?? "",
    expireTime: toTimestamp(expiresAt),
  };
}

/** How far an override is, as the API names it. */
export const wireStates: Readonly<Record<OverrideState | "EXPIRED", Override_State>> = {
  PROPOSED: Override_State.PROPOSED,
  APPROVED: Override_State.APPROVED,
  USED: Override_State.USED,
  EXPIRED: Override_State.EXPIRED,
  WITHDRAWN: Override_State.WITHDRAWN,
};

function toWireOpens(hub: HubName, opens: Opens) {
  if (opens.kind === "OVERBOOKING") {
    const { pool, firstDate, lastDate, count } = opens;
    const dates = { firstDate: toWireDate(firstDate), lastDate: toWireDate(lastDate) };
    const value = { pool: poolName(hub, pool), ...dates, count };
    return { case: "overbooking", value } as const;
  }
  const resources = opens.resources.map((id) => resourceName(hub, id));
  const times = { startTime: toTimestamp(opens.startAt), endTime: toTimestamp(opens.endAt) };
  return { case: "outsideHours", value: { resources, ...times } } as const;
}

function toConsent(
  { actor, role, givenAt }: Consent,
  withPersons: boolean,
): MessageInitShape<typeof OverrideConsentSchema> {
  return { actor: withPersons ? actor : "", role, consentTime: toTimestamp(givenAt) };
}
