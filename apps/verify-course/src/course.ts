import type {
  CourseTemplate,
  Hub,
  SessionRules,
} from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import type { Override } from "@carehub/contracts/gen/carehub/capacity/v1/override_pb.ts";
import type { Certificate, Session } from "./certificate.ts";

/** A certificate beside what it is checked against. */
export type Course = {
  readonly certificate: Certificate;
  readonly hub: Hub;
  readonly template: CourseTemplate;
  readonly rules: SessionRules;
  /** What two persons of the hub opened for it; absent for nothing. */
  readonly override?: Override;
};

/** The sessions that are still to take place; those before them took place, and are kept as they were planned. */
export function sessionsToCome({ sessions, begun }: Certificate): readonly Session[] {
  return sessions.slice(begun?.sessions ?? 0);
}
