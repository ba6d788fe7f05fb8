import { given } from "@carehub/testing/decisions";
import { expect, test } from "vitest";
import { careStateOf, settlementStateOf } from "./care-state.ts";
import {
  afterAnswers,
  answers,
  aReferral,
  aSubmit,
  day,
  now,
  plan,
  tenge,
  told,
} from "./case.builder.ts";
import { duesOf, isStuck, overdue, reminderKind } from "./dues.ts";
import { takeAnswer } from "./progress.ts";
import {
  acceptReferral,
  cancelReferral,
  declineReferral,
  provideInformation,
  requestInformation,
} from "./referral.ts";
import { submitReferral } from "./submit-referral.ts";
import { informationDeadline, triageDeadline } from "./triage.ts";

test("takes a referral in with the age at its date, and asks for the entitlement", () => {
  const { events } = submitReferral({}, { command: aSubmit(), now });
  expect(events).toMatchObject([
    { kind: "ReferralSubmitted", submission: { person: { ageYears: 5, companionCount: 1 } } },
    { kind: "EntitlementRequested", round: 1, submission: { hub: "hubs/umc-heart" } },
  ]);
});

test("refuses a number that the ministry used before, naming the referral", () => {
  given({ withNumber: "referrals/1" })
    .when((standing) => submitReferral(standing, { command: aSubmit(), now }))
    .thenFails("PLACER_NUMBER_TAKEN", { referral: "referrals/1" });
});

test("names an open referral only to the ministry that sent it", () => {
  const openForPatient = { referral: "referrals/1", sendingParty: "parties/UZ" };
  given({ openForPatient })
    .when((standing) => submitReferral(standing, { command: aSubmit(), now }))
    .thenFails("OPEN_REFERRAL_EXISTS", { referral: "referrals/1" });
  const refusal = given({ openForPatient })
    .when((standing) =>
      submitReferral(standing, { command: aSubmit({ sendingParty: "parties/KG" }), now }),
    )
    .thenFails("OPEN_REFERRAL_EXISTS");
  expect(refusal.metadata).toEqual({ programme: "heart-surgery" });
});

test.each([
  ["a birth in the future", { birthDate: day("01-06") }],
  ["a birth too long ago", { birthDate: Temporal.PlainDate.from("1890-01-01") }],
  ["a consent of tomorrow", { consent: { reference: "C", date: day("01-06") } }],
])("refuses %s", (_, differing) => {
  given({})
    .when((standing) => submitReferral(standing, { command: aSubmit(differing), now }))
    .thenFails("INVALID_FIELD");
});

test("requests the course once the hub has accepted and the entitlement is granted, in either order", () => {
  given(aReferral())
    .when((referral) => acceptReferral(referral, { plan, now }))
    .then([{ kind: "ReferralAccepted" }]);
  given(afterAnswers(aReferral(), answers.granted()))
    .when((referral) => acceptReferral(referral, { plan, now }))
    .then([
      { kind: "ReferralAccepted" },
      { kind: "CourseRequested", round: 1, priority: "URGENT" },
    ]);
});

test("refuses a plan with another hub's template, or with dates that do not hold", () => {
  const reject = (differing: Partial<typeof plan>) =>
    given(aReferral()).when((known) =>
      acceptReferral(known, { plan: { ...plan, ...differing }, now }),
    );
  reject({ template: "hubs/astana-proton/templates/x" }).thenFails("PLAN_OUTSIDE_HUB");
  reject({ readyDate: day("03-11") }).thenFails("PLAN_DATES_INVALID");
  reject({ readyDate: day("01-01"), dueDate: day("01-02") }).thenFails("PLAN_DATES_INVALID");
});

test("gives the seat back before a rejected case is closed", () => {
  const { state } = given(afterAnswers(aReferral(), answers.granted()))
    .when((referral) => declineReferral(referral, { as: "REJECTED", reason: "OTHER", now }))
    .then([
      { kind: "ReferralRejected", reason: "OTHER" },
      { kind: "CaseStopAsked", reason: "REJECTED" },
      { kind: "SeatRequested", move: "RELEASE", reason: "REJECTED" },
    ]);
  const closed = afterAnswers(state, answers.seat("SeatReleased"));
  expect(closed.facts.closed).toEqual({ careState: "REJECTED", reason: "REJECTED" });
});

test("stops the course first, and the seat and the account only after its answer", () => {
  const accepted = acceptReferral(aReferral(), { plan, now }).state;
  const held = [answers.granted(), answers.held(), answers.confirmed(), answers.estimated()];
  const { state } = given(afterAnswers(accepted, ...held))
    .when((referral) => cancelReferral(referral, { reason: "CANCELLED", now }))
    .then([{ kind: "CaseStopAsked" }, { kind: "CourseStopRequested", round: 1 }]);
  const released = afterAnswers(state, answers.released());
  expect(Object.keys(released.facts.sent)).toEqual(
    expect.arrayContaining(["SeatRequested.RELEASE@1", "AccountStopRequested@1"]),
  );
  expect(careStateOf(released.facts)).toBe("STOP_REQUESTED");
});

test("pauses the time to triage while it waits for the ministry, and starts it anew after", () => {
  const { state } = requestInformation(aReferral(), { documentCodes: ["ECHO_REPORT"], now });
  expect(duesOf(state.facts, now).map(({ kind }) => kind)).toEqual(["information", reminderKind]);
  const { answerBy } = state.facts.information ?? {};
  expect(answerBy).toMatchObject({ answerTime: { calendars: ["UZ"], workingDays: 10 } });
  const later = now.add({ hours: 72 });
  given(state)
    .when((known) => provideInformation(known, { documents: [], now: later }))
    .thenFails("INFORMATION_EMPTY");
  const document = { id: "d", code: "ECHO_REPORT", sha256: "", mediaType: "", sealedTitle: "" };
  const answered = provideInformation(state, { documents: [document], now: later }).state;
  const triageBy = answered.facts.triageBy.expireAt;
  expect(Temporal.Instant.compare(triageBy, aReferral().facts.triageBy.expireAt)).toBe(1);
  expect(answered.documents).toHaveLength(1);
});

test("counts triage in working days of Kazakhstan and keeps the calendar's version", () => {
  const { triageBy } = aReferral().facts;
  // The 7th is Christmas there: five working days after the 5th end on the 13th.
  expect(`${triageBy.date}`).toBe("2026-01-13");
  expect(triageBy.calendarVersion).not.toBe("");
});

test("takes a referral in whose time to triage reaches into 2027, and says that it is estimated", () => {
  const december = Temporal.Instant.from("2026-12-01T04:00:00Z");
  const { date, estimated } = triageDeadline("ROUTINE", december);
  expect(`${date}`).toBe("2027-02-01");
  expect(estimated).toBe(true);
});

test("refuses a time to act that would end beyond the tables, and never counts weekdays instead", () => {
  // Four working days of 2027 are left after it.
  const late = Temporal.Instant.from("2027-12-27T04:00:00Z");
  expect(`${triageDeadline("EMERGENCY", late).date}`).toBe("2027-12-29");
  const metadata = { country: "KZ", year: "2028" };
  given({})
    .when((standing) => submitReferral(standing, { command: aSubmit(), now: late }))
    .thenFails("CALENDAR_YEAR_UNKNOWN", metadata);
  expect(() => informationDeadline("parties/UZ", late)).toThrow(
    expect.objectContaining({ metadata: { country: "UZ", year: "2028" } }),
  );
});

test("counts on the hub's calendar for a ministry whose country has no table", () => {
  const { answerTime, date } = informationDeadline("parties/TM", now);
  expect(answerTime.calendars).toEqual(["KZ"]);
  expect(`${date}`).toBe(`${informationDeadline("parties/KZ", now).date}`);
});

test("keeps a guarantee for the next round while total and dates stay inside it", () => {
  const first = [answers.granted(), answers.held(), answers.confirmed(), answers.estimated()];
  const lost = [...first, answers.guaranteed(), answers.lapsed()];
  const accepted = acceptReferral(aReferral(), { plan, now }).state;
  const second = afterAnswers(accepted, ...lost, answers.held(2), answers.confirmed(2));
  const isAsked = (...more: Parameters<typeof afterAnswers>[1][]) =>
    Object.hasOwn(afterAnswers(second, ...more).facts.sent, "BookingRequested@2");
  expect(isAsked(answers.estimated(2, 120n))).toBe(true);
  expect(isAsked(answers.estimated(2, 121n))).toBe(false);
  expect(isAsked(answers.estimated(2, 121n), answers.guaranteed(2))).toBe(true);
  const late = { lastDate: day("05-01") };
  const again = [answers.held(2, late), answers.confirmed(2), answers.estimated(2)];
  const outside = afterAnswers(accepted, ...lost, ...again);
  expect(Object.hasOwn(outside.facts.sent, "BookingRequested@2")).toBe(false);
  expect(overdue(outside.facts, now.add({ hours: 240 }))?.reason).toBe("ANSWER_OVERDUE");
});

test("reminds after two days of an answer that does not come, and every day from then on", () => {
  const { facts } = aReferral();
  const at = (hours: number) => now.add({ hours });
  expect(isStuck(facts, at(47))).toBe(false);
  expect(isStuck(facts, at(48))).toBe(true);
  const due = (time: Temporal.Instant) =>
    duesOf(facts, time)
      .find(({ kind }) => kind === reminderKind)
      ?.dueAt.toString();
  expect(due(now)).toBe(at(48).toString());
  expect(due(at(48))).toBe(at(72).toString());
  expect(due(at(100))).toBe(at(120).toString());
});

test("closes a completed course without a charge when billing gives the guarantee back instead", () => {
  const all = [answers.granted(), answers.held(), answers.confirmed(), answers.estimated()];
  const end = [answers.guaranteed(), answers.booked(), answers.ended({ deliveredItems: [] })];
  const done = [answers.seat("SeatConsumed"), answers.guaranteeReleased(1)];
  const accepted = acceptReferral(aReferral(), { plan, now }).state;
  const { facts } = afterAnswers(accepted, ...all, ...end, ...done);
  expect(facts.closed).toEqual({ careState: "DISCHARGED", reason: "COMPLETED" });
});

test("follows the money after the case was closed", () => {
  const invoice = answers.invoiced();
  const all = [answers.granted(), answers.held(), answers.confirmed(), answers.estimated()];
  let referral = afterAnswers(acceptReferral(aReferral(), { plan, now }).state, ...all);
  expect(settlementStateOf(referral.facts)).toBe("ESTIMATED");
  referral = afterAnswers(referral, answers.guaranteed());
  expect(settlementStateOf(referral.facts)).toBe("GUARANTEED");
  const end = [answers.booked(), answers.started(), answers.ended(), answers.seat("SeatConsumed")];
  referral = afterAnswers(referral, ...end, invoice);
  expect(settlementStateOf(referral.facts)).toBe("INVOICED");
  const named = { invoice: "i/1" };
  referral = afterAnswers(referral, { kind: "InvoiceContested", ...named, amount: tenge(40n) });
  expect(settlementStateOf(referral.facts)).toBe("PART_CONTESTED");
  expect(careStateOf(referral.facts)).toBe("DISCHARGED");
  const credit = {
    kind: "CreditNoteIssued",
    ...named,
    creditNote: "c/1",
    amount: tenge(40n),
  } as const;
  referral = afterAnswers(
    referral,
    { kind: "InvoiceAccepted", ...named, amount: tenge(60n) },
    credit,
    credit,
  );
  expect(settlementStateOf(referral.facts)).toBe("ACCEPTED");
  referral = afterAnswers(referral, { kind: "InvoiceSettled", ...named });
  expect(settlementStateOf(referral.facts)).toBe("SETTLED");
});

test("takes a contest that was answered for over, also while another line is open", () => {
  const named = { invoice: "i/1" };
  const way = [answers.granted(), answers.held(), answers.confirmed(), answers.guaranteed()];
  const end = [answers.booked(), answers.ended(), answers.invoiced()];
  const contest = { kind: "InvoiceContested", ...named, amount: tenge(40n) } as const;
  const contested = afterAnswers(aReferral(), ...way, ...end, contest);
  const stateAfter = (answer: Parameters<typeof afterAnswers>[1]) =>
    settlementStateOf(afterAnswers(contested, answer).facts);
  const accepted = { kind: "InvoiceAccepted", ...named, amount: tenge(30n) } as const;
  expect(stateAfter({ ...accepted, contested: tenge(0n) })).toBe("INVOICED");
  expect(stateAfter({ ...accepted, contested: tenge(10n) })).toBe("PART_CONTESTED");
  // An event of before the field was added says nothing of the contest.
  expect(stateAfter(accepted)).toBe("PART_CONTESTED");
  const credit = { kind: "CreditNoteIssued", ...named, creditNote: "c/1" } as const;
  expect(stateAfter({ ...credit, amount: tenge(40n), contested: tenge(0n) })).toBe("INVOICED");
});

test("asks for a price in the currency of the tariff, whatever the agreement's is", () => {
  const prices = [
    { serviceCode: "fallot-repair", unitPrice: { amountMinor: 5n, currency: "UZS" as const } },
  ];
  const ask = (differing: object) => {
    const confirmed = answers.confirmed(1, differing);
    const accepted = acceptReferral(aReferral(), { plan, now }).state;
    const { facts } = afterAnswers(accepted, answers.granted(), answers.held());
    return takeAnswer(facts, { answer: confirmed, told, now }).events;
  };
  expect(ask({ prices })).toMatchObject([{}, { kind: "EstimateRequested", currency: "UZS" }]);
  expect(ask({})).toMatchObject([{}, { kind: "EstimateRequested", currency: "KZT" }]);
});

test("refuses a case that billing cannot price, and gives back what it holds", () => {
  const held = [answers.granted(), answers.held(), answers.confirmed()];
  const accepted = acceptReferral(aReferral(), { plan, now }).state;
  const { facts } = afterAnswers(accepted, ...held);
  const { state, events } = takeAnswer(facts, { answer: answers.withdrawn(), told, now });
  expect(events).toMatchObject([
    { kind: "AnswerTaken" },
    { kind: "CaseStopAsked", reason: "ESTIMATE_DECLINED" },
    { kind: "CourseStopRequested", reason: "ESTIMATE_DECLINED" },
  ]);
  const over = [answers.released(), answers.seat("SeatReleased")];
  const { closed } = afterAnswers({ ...accepted, facts: state }, ...over).facts;
  expect(closed).toEqual({ careState: "REFUSED", reason: "ESTIMATE_DECLINED" });
});

test("stops a booked case that nobody began thirty days after its last date, as a no-show", () => {
  const way = [answers.granted(), answers.held(), answers.confirmed(), answers.guaranteed()];
  const accepted = acceptReferral(aReferral(), { plan, now }).state;
  const booked = afterAnswers(accepted, ...way, answers.booked());
  // The last date is 10 February; the day ends at the hub's midnight.
  const dueAt = Temporal.Instant.from("2026-03-12T19:00:00Z");
  expect(overdue(booked.facts, dueAt.subtract({ nanoseconds: 1 }))).toBeUndefined();
  expect(overdue(booked.facts, dueAt)).toEqual({ kind: "no-show", dueAt, reason: "NO_SHOW" });
  expect(duesOf(booked.facts, now).map(({ kind }) => kind)).toContain("no-show");
  const started = afterAnswers(booked, answers.started());
  expect(overdue(started.facts, dueAt)).toBeUndefined();
});
