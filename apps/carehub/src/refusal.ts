import type { CallError } from "@carehub/grpc/call-error";

/** How the program ends: done, refused by the platform, called wrongly, or nobody answered in time. */
export const exitCodes = { done: 0, refused: 1, usage: 2, unreachable: 3 } as const;

/** A refusal as a person reads it: what was refused, why, and what to do. */
export function describeRefusal(error: CallError, requestId?: string): string {
  const { code, reason, metadata, violations, traceId } = error;
  const facts = Object.entries(metadata).map(([key, value]) => `  ${key}: ${value}`);
  const fields = violations.map(({ field, description }) => `  ${field}: ${description}`);
  return [
    `refused: ${reason === "" ? code : reason}${reason === "" ? "" : ` (${code})`}`,
    ...facts,
    ...fields,
    `what to do: ${adviceFor(error)}`,
    ...(requestId === undefined ? [] : [`request id: ${requestId}`]),
    ...(traceId === "" ? [] : [`trace: ${traceId}`]),
  ].join("\n");
}

/** The same for a program. */
export function refusalDocument(error: CallError, requestId?: string) {
  const { code, reason, domain, metadata, violations, traceId } = error;
  return {
    error: {
      code,
      reason,
      domain,
      metadata,
      violations,
      traceId,
      requestId,
      advice: adviceFor(error),
    },
  };
}

/** Whether nobody answered: the same command may be given again. */
export function isUnreachable({ code }: CallError): boolean {
  return code === "UNAVAILABLE" || code === "DEADLINE_EXCEEDED";
}

/** What to do about a refusal: by its reason where there is more to say than its code does. */
export function adviceFor({ code, reason }: Pick<CallError, "code" | "reason">): string {
  return adviceByReason[reason] ?? adviceByCode[code] ?? "ask an operator, and name the trace.";
}

const openMore =
  "another plan, the first possible date where one is told, or more to open: `carehub grant --help`.";

const adviceByReason: Readonly<Record<string, string>> = {
  TIME_TAKEN: openMore,
  POOL_FULL: openMore,
  HUB_CLOSED: openMore,
  GAP_TOO_LONG: openMore,
  DUE_BEFORE_ANSWER: "choose a due date from the first possible date on.",
  CAPACITY_STALE: "the hub is to publish anew: `carehub import-capacity FILE`.",
  HOLD_LIMIT_REACHED: "book or release what is held: `carehub list` shows it.",
  HOLD_EXTENSION_LIMIT: "book it or release it; it cannot be kept longer.",
  OVERRIDE_SAME_PERSON: "another person of the hub approves it: --actor and --actor-role.",
  OVERRIDE_NOT_OPEN: "`carehub overrides` shows what became of it; propose another.",
  OVERRIDE_STANDS: "one stands for this course: use it, or withdraw it first.",
  PLACER_NUMBER_TAKEN: "the referral exists already: `carehub show` it by the name above.",
  OPEN_REFERRAL_EXISTS: "go on with the open referral, or cancel it before a new one is sent.",
  REQUEST_ID_REUSED: "the id belongs to another request: leave --request-id out for a new one.",
  ANSWER_OVERDUE: "the time to act is over; the case stops by itself. Refer the patient anew.",
  ANSWER_TOO_LATE: "the time to answer is over; the case stops by itself. Refer the patient anew.",
  ETAG_MISMATCH: "it changed since you read it: `carehub show` it, and decide again.",
  PAGE_TOKEN_INVALID: "start again from the first page.",
  APPROVER_ROLE_UNFIT:
    "who approves is a physicist or a clinician: give --actor and --actor-role for them.",
  APPROVED_ALREADY: "the other role is to approve too, and as another person (--actor).",
  REPLAN_NOT_OPEN: "`carehub replan` shows how far it is; it waits for nobody now.",
  REPLAN_NOT_FOUND: "`carehub replans` lists the proposals of your hub.",
  RESOURCE_UNKNOWN: "`carehub hub` shows the resources of your hub by their ids.",
  NO_OPENINGS_SUGGESTED: "name the openings in a file: `carehub grant --with FILE`.",
  SESSION_ALREADY_RECORDED: "if the record is wrong, `carehub correct` it and record it anew.",
  NOTHING_RECORDED: "nothing stands of this session: `carehub course CASE` shows what does.",
  SESSIONS_NOT_RECORDED: "record first what took place and what was missed: `carehub sessions`.",
  TIME_IN_FUTURE: "record a session once it is over, and a missed one on its day.",
  STAY_WITHIN_PLAN: "name a day after the planned last one: `carehub course CASE` shows it.",
  PROLONGATION_TOO_LONG: "allow it where a clinician answers for it, or choose other days.",
  HUB_VERSION_NOT_FOUND: "`carehub hub` shows the present version; count back from it.",
  COURSE_ENDED: "the course is over: what is wrong now is corrected on its invoice.",
  SEARCH_TOO_LONG: "name fewer --hubs, --templates or days, or ask again in a moment.",
  SEARCH_TOO_WIDE: "name fewer --hubs or days.",
  COURSE_NOT_IN_TREATMENT: "`carehub course CASE` shows how far it is; admit the patient first.",
  CLOCK_NOT_MOVABLE: "only a sandbox's clock moves; this platform keeps real time.",
};

const adviceByCode: Readonly<Record<string, string>> = {
  INVALID_ARGUMENT: "correct the fields above and send the command again.",
  NOT_FOUND: "check the name; you see only what your organisation has a part in.",
  ALREADY_EXISTS: "it exists already, under the name above.",
  FAILED_PRECONDITION:
    "the state does not allow it: `carehub actions CASE` tells what is possible.",
  ABORTED: "it changed meanwhile: read it again and decide again.",
  PERMISSION_DENIED: "your role may not do this: `carehub whoami` tells who you are.",
  UNAUTHENTICATED: "the certificate was not accepted: check the connection file's cert and ca.",
  RESOURCE_EXHAUSTED: "too much at once or too large: wait a little, or send less.",
  UNAVAILABLE: "nobody answered: check the addresses, and repeat with the same --request-id.",
  DEADLINE_EXCEEDED: "no answer came in time: repeat with the same --request-id.",
  UNIMPLEMENTED: "the platform is older than this program.",
};
