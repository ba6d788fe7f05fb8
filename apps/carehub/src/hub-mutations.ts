import { CourseChangeService } from "@carehub/contracts/gen/carehub/capacity/v1/course_change_service_pb.ts";
import { CourseService } from "@carehub/contracts/gen/carehub/capacity/v1/course_service_pb.ts";
import { DisruptionService } from "@carehub/contracts/gen/carehub/capacity/v1/disruption_service_pb.ts";
import { OpeningService } from "@carehub/contracts/gen/carehub/capacity/v1/opening_service_pb.ts";
import { OverrideService } from "@carehub/contracts/gen/carehub/capacity/v1/override_service_pb.ts";
import type { Mutation } from "./mutations.ts";

const { method: course } = CourseService;
const { method: change } = CourseChangeService;
const { method: disruption } = DisruptionService;

const onCourse = { service: CourseService, resource: "courses", by: "hub" } as const;
const onChange = { service: CourseChangeService, resource: "courses", by: "hub" } as const;
const onHub = { service: DisruptionService, resource: "hubs", by: "hub" } as const;
const onReplan = { service: DisruptionService, resource: "replans", by: "hub" } as const;
const onOverride = { service: OverrideService, resource: "overrides", by: "hub" } as const;

/** What a hub does with its own patients, its openings and its disruptions. */
export const onHubs: readonly Mutation[] = [
  {
    name: "hold",
    by: "hub",
    summary: "hold a course for a patient of the hub's own, from a file (--with)",
    service: CourseService,
    method: course.holdCourse,
  },
  {
    name: "book",
    ...onCourse,
    summary: "book the held course of an own patient",
    method: course.bookCourse,
  },
  {
    name: "release",
    ...onCourse,
    summary: "give back the course of an own patient",
    method: course.releaseCourse,
  },
  {
    name: "extend-hold",
    ...onChange,
    summary: "keep the hold of an own patient longer",
    method: change.extendHold,
  },
  {
    name: "grant",
    by: "hub",
    service: OpeningService,
    resource: "openings",
    summary: "open what the last refusal of a course suggested, or the openings of a file (--with)",
    method: OpeningService.method.grantOpenings,
  },
  {
    name: "report-outage",
    ...onHub,
    summary: "report what failed and until when; proposes new times",
    method: disruption.reportOutage,
  },
  {
    name: "propose-closure",
    ...onHub,
    summary: "when a closure disturbs least; closes nothing",
    method: disruption.proposeClosure,
  },
  {
    name: "confirm-closure",
    ...onHub,
    summary: "close resources; proposes new times",
    method: disruption.confirmClosure,
  },
  {
    name: "approve-replan",
    ...onReplan,
    summary: "approve a proposal, as physicist or clinician; with both its courses move",
    method: disruption.approveReplan,
  },
  {
    name: "refresh-replan",
    ...onReplan,
    summary: "make a proposal anew; its approvals are void",
    method: disruption.refreshReplan,
  },
  {
    name: "withdraw-replan",
    ...onReplan,
    summary: "withdraw a proposal and open again what it closed",
    method: disruption.withdrawReplan,
  },
  {
    name: "propose-override",
    by: "hub",
    service: OverrideService,
    resource: "hubs",
    summary: "ask to open for one course what the hub does not have: hours or beds",
    method: OverrideService.method.proposeOverride,
  },
  {
    name: "approve-override",
    ...onOverride,
    summary: "approve an override that another person proposed",
    method: OverrideService.method.approveOverride,
  },
  {
    name: "withdraw-override",
    ...onOverride,
    summary: "withdraw an override that was not used",
    method: OverrideService.method.withdrawOverride,
  },
];
