import { accountBlocker } from "./account-actions.ts";
import type { Blocker, Side } from "./actions.ts";
import { courseBlocker } from "./course-actions.ts";
import type { CaseFacts } from "./facts.ts";

/** The commands on a case at the other services, by the role that may call them. */
export const serviceActionsByRole = {
  hub: {
    capacity: ["RecordAdmission", "RecordSession", "DischargePatient", "DeclineCourseStop"],
    billing: [
      "GuaranteePayment",
      "DeclineEstimate",
      "RecordCharges",
      "AcceptInvoice",
      "ContestInvoiceLines",
      "ReplyToContest",
    ],
  },
  ministry: {
    capacity: [],
    billing: ["GuaranteePayment", "DeclineEstimate", "AcceptInvoice", "ContestInvoiceLines"],
  },
} as const;

export type CourseAction = (typeof serviceActionsByRole)["hub"]["capacity"][number];
export type AccountAction = (typeof serviceActionsByRole)["hub"]["billing"][number];

/** Who looks at which case, and when. */
export type Look = { readonly id: string; readonly side: Side; readonly now: Temporal.Instant };

/** What blocks a command at another service, as far as that service has told; it decides. */
export type ServiceBlocker = Blocker<string>;

/** What blocks the commands of one side at the other services, each with its service. */
export function serviceActions(facts: CaseFacts, look: Look) {
  const { capacity, billing } = serviceActionsByRole[look.side];
  return [
    ...capacity.map((action) => {
      return { service: "capacity", action, blocker: courseBlocker(facts, action, look) } as const;
    }),
    ...billing.map((action) => {
      return { service: "billing", action, blocker: accountBlocker(facts, action, look) } as const;
    }),
  ];
}
