import type { Outcome } from "./course.ts";
import type { Hold } from "./hold.ts";
import type { ServiceItem } from "./service-items.ts";
import type { Unavailable } from "./unavailable.ts";

/** What happened to a course, in the words of this service. */
export type CourseFact =
  | { readonly type: "CourseHeld"; readonly round: number; readonly hold: Hold }
  | {
      readonly type: "CourseUnavailable";
      readonly round: number;
      readonly unavailable: Unavailable;
      /** Whether it waits, so that CourseHeld of the same round may follow. */
      readonly waitlisted: boolean;
    }
  | {
      readonly type: "CourseHoldLapsed";
      readonly round: number;
      readonly reason: "TAKEN" | "NOT_HELD";
    }
  | {
      readonly type: "CourseBooked";
      readonly round: number;
      readonly firstDate: Temporal.PlainDate;
      readonly lastDate: Temporal.PlainDate;
      readonly certificateHash: string;
    }
  | { readonly type: "CourseReleased"; readonly round: number; readonly reason: string }
  | {
      readonly type: "CourseStarted";
      readonly round: number;
      readonly admissionDate: Temporal.PlainDate;
    }
  | {
      readonly type: "SessionDelivered";
      readonly number: number;
      readonly startAt: Temporal.Instant;
      readonly endAt: Temporal.Instant;
    }
  | {
      readonly type: "CourseEnded";
      readonly round: number;
      readonly outcome: Outcome;
      readonly deliveredItems: readonly ServiceItem[];
      readonly admissionDate: Temporal.PlainDate;
      readonly dischargeDate: Temporal.PlainDate;
    }
  | { readonly type: "CourseStopPending"; readonly round: number; readonly reason: string }
  | {
      readonly type: "CourseStopDeclined";
      readonly round: number;
      readonly reason: string;
      readonly deliveredItems: readonly ServiceItem[];
    }
  | {
      readonly type: "CapacityShortfallDetected";
      readonly pool: string;
      readonly dates: readonly Temporal.PlainDate[];
      readonly displacedCourses: readonly string[];
    };
