import type { Outcome } from "./course.ts";
import type { SessionChange } from "./course-move.ts";
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
  | {
      readonly type: "CourseMoved";
      readonly round: number;
      readonly reason: string;
      /** The whole course as it is from now on. */
      readonly hold: Hold;
      readonly changes: readonly SessionChange[];
    }
  | {
      readonly type: "CourseInterrupted";
      readonly round: number;
      readonly reason: string;
      readonly sinceDate: Temporal.PlainDate;
      readonly remainingSessions: number;
    }
  | {
      readonly type: "CourseResumed";
      readonly round: number;
      readonly nextDate: Temporal.PlainDate;
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
      readonly type: "SessionMissed";
      readonly number: number;
      /** When it was to begin. */
      readonly startAt: Temporal.Instant;
      readonly reason: string;
      readonly prolongationDays: number;
      readonly prolongationDaysMax?: number;
    }
  | {
      readonly type: "SessionCorrected";
      readonly number: number;
      readonly reason: string;
      /** When what was recorded began. */
      readonly startAt: Temporal.Instant;
    }
  | {
      readonly type: "SessionPostponed";
      readonly number: number;
      /** When it was to begin. */
      readonly startAt: Temporal.Instant;
      readonly reason: string;
      /** Absent where only its template says. */
      readonly rebookByDate?: Temporal.PlainDate;
    }
  | {
      readonly type: "StayExtended";
      readonly stay: string;
      readonly lastDate: Temporal.PlainDate;
      readonly reason: string;
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
      readonly type: "CourseDisplaced";
      readonly round: number;
      readonly reason: "CLOSURE" | "OUTAGE";
      readonly numbers: readonly number[];
      readonly startAt: Temporal.Instant;
      readonly endAt: Temporal.Instant;
    }
  | {
      readonly type: "CapacityShortfallDetected";
      readonly pool: string;
      readonly dates: readonly Temporal.PlainDate[];
      readonly displacedCourses: readonly string[];
    };
