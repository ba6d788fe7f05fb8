import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { AccountSchema } from "@carehub/contracts/gen/carehub/billing/v1/account_pb.ts";
import {
  MoveCourseResponseSchema,
  PostponeSessionResponseSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/course_change_service_pb.ts";
import type { SessionChange } from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import { CourseSchema } from "@carehub/contracts/gen/carehub/capacity/v1/course_pb.ts";
import {
  type ClosureWindow,
  ProposeClosureResponseSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/disruption_service_pb.ts";
import { HubSchema } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import { OverrideSchema } from "@carehub/contracts/gen/carehub/capacity/v1/override_pb.ts";
import { ReplanSchema } from "@carehub/contracts/gen/carehub/capacity/v1/replan_pb.ts";
import { ReferralSchema } from "@carehub/contracts/gen/carehub/intake/v1/referral_pb.ts";
import type { Connection } from "./connection.ts";
import { describeAccount, describeCourse, describeReferral } from "./describe.ts";
import { describeHub } from "./describe-hub.ts";
import { describeOverride } from "./describe-override.ts";
import { changesTable, describeReplan, windowsTable } from "./describe-replan.ts";
import { hubOf, zoneOf } from "./own-hub.ts";

/** What became of a command, as people read it; times of a hub's own work in the hub's zone. */
export async function describeAnswer(
  connection: Connection,
  answer: MessageShape<DescMessage>,
): Promise<string> {
  const parts = answer as unknown as Record<string, MessageShape<DescMessage> | undefined>;
  if (answer.$typeName === ProposeClosureResponseSchema.typeName) {
    const { windows } = answer as unknown as { windows: ClosureWindow[] };
    return windowsTable(windows, await ownZone(connection));
  }
  const changed =
    parts.referral ?? parts.course ?? parts.account ?? parts.replan ?? parts.override ?? parts.hub;
  switch (changed?.$typeName) {
    case ReferralSchema.typeName:
      return describeReferral(changed as MessageShape<typeof ReferralSchema>);
    case CourseSchema.typeName: {
      const own = changed as MessageShape<typeof CourseSchema>;
      const zone = await zoneOf(connection, own.hub);
      const course = describeCourse(own, zone);
      if (!withChanges.has(answer.$typeName)) return course;
      const { changes } = answer as unknown as { changes: SessionChange[] };
      return `${course}\n${changesTable(changes, zone)}`;
    }
    case AccountSchema.typeName:
      return describeAccount(changed as MessageShape<typeof AccountSchema>);
    case ReplanSchema.typeName:
      return describeReplan(
        changed as MessageShape<typeof ReplanSchema>,
        await ownZone(connection),
      );
    case OverrideSchema.typeName:
      return describeOverride(
        changed as MessageShape<typeof OverrideSchema>,
        await ownZone(connection),
      );
    case HubSchema.typeName:
      return describeHub(changed as MessageShape<typeof HubSchema>);
    default:
      return "done";
  }
}

const withChanges: ReadonlySet<string> = new Set([
  MoveCourseResponseSchema.typeName,
  PostponeSessionResponseSchema.typeName,
]);

async function ownZone(connection: Connection): Promise<string> {
  return zoneOf(connection, await hubOf(connection, undefined));
}
