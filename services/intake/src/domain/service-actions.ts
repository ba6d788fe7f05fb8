import { accountBlocker } from "./account-actions.ts";
import type { Blocker, Side } from "./actions.ts";
import { courseBlocker } from "./course-actions.ts";
import type { CaseFacts } from "./facts.ts";

/** The commands on a case at the other services, by the role that may call them. */
export const serviceActionsByRole = {
  hub: {
    capacity: ["RecordAdmission", "RecordSession", "DischargePatient", "DeclineCourseStop"],
    // Not ExtendHold: the hold of a case ends by its answer-by time, and none of them is ever extended.
    changes: ["MoveCourse", "PostponeSession", "InterruptCourse", "ResumeCourse"],
    sessions: ["RecordSessions", "CorrectSession", "ExtendStay"],
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
    changes: [],
    sessions: [],
    billing: ["GuaranteePayment", "DeclineEstimate", "AcceptInvoice", "ContestInvoiceLines"],
  },
} as const;

export type CourseAction = (typeof serviceActionsByRole)["hub"][CourseService][number];
export type AccountAction = (typeof serviceActionsByRole)["hub"]["billing"][number];

// The three services of capacity that a hub's commands go to.
const courseServices = ["capacity", "changes", "sessions"] as const;
type CourseService = (typeof courseServices)[number];

/** Who looks at which case, and when. */
export type Look = { readonly id: string; readonly side: Side; readonly now: Temporal.Instant };

/** What blocks a command at another service, as far as that service has told; it decides. */
export type ServiceBlocker = Blocker<string>;

/** What blocks the commands of one side at the other services, each with its service. */
export function serviceActions(facts: CaseFacts, look: Look) {
  const actions = serviceActionsByRole[look.side];
  return [
    ...courseServices.flatMap((service) =>
      actions[service].map((action) => {
        return { service, action, blocker: courseBlocker(facts, action, look) } as const;
      }),
    ),
    ...actions.billing.map((action) => {
      return { service: "billing", action, blocker: accountBlocker(facts, action, look) } as const;
    }),
  ];
}
