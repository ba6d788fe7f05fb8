/*
 * What a year of a proton centre is made of. Where a source is named the figure is taken after it; every other one is
 * illustrative: no centre has published it.
 */
import type { Priority } from "@carehub/capacity/domain/priority";

/** A kind of patients. */
export type PatientGroup = {
  readonly weight: number;
  readonly label: string;
  readonly template: string;
  /** The numbers of sessions of each phase, least and most. */
  readonly phases: readonly {
    readonly phase: string;
    readonly min: number;
    readonly max: number;
  }[];
  /** The share that is treated under anaesthesia. */
  readonly anaesthesiaShare: number;
  readonly urgencies: readonly { readonly weight: number; readonly priority: Priority }[];
  /** Days from the arrival to the day from which on the first session may be. */
  readonly readyDays: { readonly min: number; readonly max: number };
};

/** Of everything that may break down. */
export type Reliability = {
  /** The share of its open hours. */
  readonly downShare: number;
  readonly medianHours: number;
  /** The standard deviation of the logarithm of the hours. */
  readonly sigma: number;
  readonly hoursMax: number;
};

/** All figures of a run. */
export type Scenario = {
  readonly firstDate: string;
  readonly lastDate: string;
  readonly patients: number;
  readonly groups: readonly PatientGroup[];
  readonly foreignShare: number;
  /** Working days in which a foreign payer answers, before which nobody travels. */
  readonly answerDays: { readonly min: number; readonly max: number };
  /** Days from the answer to the arrival at the centre. */
  readonly travelDays: { readonly min: number; readonly max: number };
  /** Of own and of foreign patients, before their first session. */
  readonly cancelled: { readonly own: number; readonly foreign: number };
  readonly cancelledAfterDaysMax: number;
  /** Of all sessions, those to which the patient does not come or at which is too ill. */
  readonly missedShare: number;
  readonly room: Reliability;
  readonly beam: Reliability;
  /** Days from the ready day to the one by which the first session is wanted. */
  readonly dueDays: Readonly<Record<Priority, number>>;
  /** How far ahead a place is looked for once that day has passed, or nearly. */
  readonly windowDays: Readonly<Record<Priority, number>>;
};

const mostlyRoutine = [
  { weight: 90, priority: "ROUTINE" },
  { weight: 10, priority: "URGENT" },
] as const;
const oftenUrgent = [
  { weight: 50, priority: "ROUTINE" },
  { weight: 50, priority: "URGENT" },
] as const;

const groups: readonly PatientGroup[] = [
  {
    ...{ label: "adults, fast tumours", template: "adult-rapid", weight: 6 },
    phases: [{ phase: "main", min: 30, max: 35 }],
    ...{ anaesthesiaShare: 0, urgencies: oftenUrgent, readyDays: { min: 8, max: 12 } },
  },
  {
    ...{ label: "adults, other tumours", template: "adult-standard", weight: 14 },
    phases: [{ phase: "main", min: 25, max: 30 }],
    ...{ anaesthesiaShare: 0, urgencies: mostlyRoutine, readyDays: { min: 8, max: 14 } },
  },
  {
    ...{ label: "adults, fewer larger fractions", template: "adult-hypofractionated", weight: 34 },
    phases: [{ phase: "main", min: 8, max: 16 }],
    ...{ anaesthesiaShare: 0, urgencies: mostlyRoutine, readyDays: { min: 8, max: 14 } },
  },
  {
    ...{
      label: "adults, three large fractions a week",
      template: "adult-stereotactic",
      weight: 16,
    },
    phases: [{ phase: "main", min: 4, max: 6 }],
    ...{ anaesthesiaShare: 0, urgencies: mostlyRoutine, readyDays: { min: 8, max: 14 } },
  },
  {
    ...{ label: "palliation", template: "palliative", weight: 14, anaesthesiaShare: 0 },
    phases: [{ phase: "main", min: 3, max: 6 }],
    urgencies: [
      { weight: 35, priority: "ROUTINE" },
      { weight: 45, priority: "URGENT" },
      { weight: 20, priority: "EMERGENCY" },
    ],
    readyDays: { min: 2, max: 5 },
  },
  // About 40 % of the children are treated under anaesthesia: National Cancer Center Korea; 37.5 % at Tohoku
  // (doi 10.1038/s41598-020-72223-z).
  {
    ...{ label: "children", template: "proton-child", weight: 12, anaesthesiaShare: 0.4 },
    phases: [
      { phase: "main", min: 20, max: 26 },
      { phase: "boost", min: 1, max: 5 },
    ],
    ...{ urgencies: oftenUrgent, readyDays: { min: 14, max: 18 } },
  },
  {
    ...{ label: "children, brain and spine", template: "medulloblastoma", weight: 4 },
    phases: [
      { phase: "craniospinal", min: 13, max: 13 },
      { phase: "boost", min: 15, max: 17 },
    ],
    ...{ anaesthesiaShare: 0.4, urgencies: oftenUrgent, readyDays: { min: 10, max: 16 } },
  },
];

/** A year of the centre in Astana. */
export const astanaYear: Scenario = {
  firstDate: "2026-01-05",
  lastDate: "2026-12-31",
  // Over 800 a year at Astana (ministry of health, 2024); about 300 a room and year (iba-worldwide.com).
  patients: 960,
  groups,
  foreignShare: 0.3,
  answerDays: { min: 5, max: 15 },
  travelDays: { min: 7, max: 21 },
  cancelled: { own: 0.03, foreign: 0.06 },
  cancelledAfterDaysMax: 30,
  missedShare: 0.015,
  // Each room is up for 97 % of its hours, with what the beam costs it.
  room: { downShare: 0.02, medianHours: 2, sigma: 1, hoursMax: 72 },
  beam: { downShare: 0.01, medianHours: 2, sigma: 1, hoursMax: 72 },
  dueDays: { EMERGENCY: 3, URGENT: 10, ROUTINE: 28 },
  windowDays: { EMERGENCY: 7, URGENT: 14, ROUTINE: 21 },
};
