import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  CourseTemplateSchema,
  SessionRulesSchema,
  SessionShapeSchema,
  ResourceUse as WireResourceUse,
  SessionRules as WireRules,
  SessionShape as WireShape,
  TemplateStay as WireStay,
  CourseTemplate as WireTemplate,
} from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import { must } from "@carehub/rules/fault";
import { invalidField } from "@carehub/rules/ids";
import type {
  CourseTemplate,
  InterruptionCategory,
  ResourceUse,
  SessionRules,
  SessionShape,
  TemplateStay,
} from "../domain/hub.ts";
import { timeOfMinute } from "../domain/hub-time.ts";
import { minuteOfText } from "./basics.ts";
import { compensationRules, keyOf, resourceKinds, serviceBases } from "./hub-kinds.ts";

const gapHoursMax = 720;
const leadDaysSpare = 10;

/** Reads a template whose single fields were validated. */
export function readTemplate(template: WireTemplate): CourseTemplate {
  const { id, version, programme, session, rules } = template;
  const shape = must(session, "validation requires the session");
  return {
    id,
    version,
    programme,
    phases: template.phases.map((phase, at) => ({
      id: phase.id,
      sessionCount: phase.sessionCount,
      sessionCountMin: phase.sessionCountMin || 1,
      sessionCountMax: phase.sessionCountMax || phase.sessionCount,
      ...(phase.session === undefined ? {} : { session: readPhaseShape(phase.session, at) }),
      ...(phase.firstSession === undefined
        ? {}
        : { firstSession: readPhaseShape(phase.firstSession, at) }),
    })),
    ...readShape(shape),
    sites: [...shape.sites],
    rules: readRules(must(rules, "validation requires the rules")),
    stays: template.stays.map(readStay),
    services: template.services.map(({ serviceCode, basis, quantity, stay }) => {
      return { serviceCode, basis: keyOf(serviceBases, basis), quantity, stay };
    }),
    preparation: template.preparation.map(({ id: step, leadDaysMin, leadDaysMax, uses }) => ({
      id: step,
      leadDaysMin,
      leadDaysMax: leadDaysMax || leadDaysMin + leadDaysSpare,
      uses: uses.map(readUse),
    })),
  };
}

/** A template as the API shows it. */
export function toWireTemplate(
  template: CourseTemplate,
): MessageInitShape<typeof CourseTemplateSchema> {
  const { id, version, programme, phases, sites, rules, stays, services } = template;
  return {
    id,
    version,
    programme,
    phases: phases.map(({ session, firstSession, ...phase }) => ({
      ...phase,
      ...(session === undefined ? {} : { session: toWireShape(session) }),
      ...(firstSession === undefined ? {} : { firstSession: toWireShape(firstSession) }),
    })),
    session: { ...toWireShape(template), sites: [...sites] },
    rules: toWireRules(rules),
    stays: stays.map(({ distributions = [], ...stay }) => ({
      ...stay,
      distributions: distributions.map((one) => ({
        ...one,
        statCategories: [...one.statCategories],
        presentPpm: [...one.presentPpm],
      })),
    })),
    services: services.map((service) => ({ ...service, basis: serviceBases[service.basis] })),
    preparation: (template.preparation ?? []).map(({ uses, ...step }) => ({
      ...step,
      uses: uses.map(toWireUse),
    })),
  };
}

function readPhaseShape(shape: WireShape, at: number): SessionShape {
  if (shape.sites.length === 0) return readShape(shape);
  throw invalidField(`phases[${at}].session.sites`, "a phase is treated where its template says");
}

function readShape({ uses, beam }: WireShape): SessionShape {
  return {
    uses: uses.map(readUse),
    beam: beam && { offsetMinutes: beam.offsetMinutes, minutes: beam.minutes },
  };
}

function toWireShape({ uses, beam }: SessionShape): MessageInitShape<typeof SessionShapeSchema> {
  return { uses: uses.map(toWireUse), ...(beam === undefined ? {} : { beam: { ...beam } }) };
}

function readUse({ kind, offsetMinutes, minutes, onlyUnderAnaesthesia }: WireResourceUse) {
  return { kind: keyOf(resourceKinds, kind), offsetMinutes, minutes, onlyUnderAnaesthesia };
}

function toWireUse(use: ResourceUse) {
  return { ...use, kind: resourceKinds[use.kind] };
}

function readRules(rules: WireRules): SessionRules {
  const { sameDayGapHours, prolongationDaysMax, interruptionCategory, anaesthesiaWindow } = rules;
  return {
    gridMinutes: rules.gridMinutes,
    minGapHours: rules.minGapHours,
    maxGapHours: rules.maxGapHours || gapHoursMax,
    sessionsPerDay: rules.sessionsPerDay,
    sessionsPerWeek: rules.sessionsPerWeek,
    timeOfDayWindowMinutes: rules.timeOfDayWindowMinutes,
    sameSite: rules.sameSite,
    ...(sameDayGapHours === 0 ? {} : { sameDayGapHours }),
    ...(prolongationDaysMax === undefined ? {} : { prolongationDaysMax }),
    ...(interruptionCategory === 0
      ? {}
      : { interruptionCategory: interruptionCategory as number as InterruptionCategory }),
    compensations: rules.compensations.map((rule) => keyOf(compensationRules, rule)),
    ...(anaesthesiaWindow === undefined
      ? {}
      : {
          anaesthesiaWindow: {
            start: minuteOfText(anaesthesiaWindow.start),
            end: minuteOfText(anaesthesiaWindow.end),
          },
        }),
  };
}

function toWireRules(rules: SessionRules): MessageInitShape<typeof SessionRulesSchema> {
  const { compensations = [], interruptionCategory = 0, anaesthesiaWindow: window, ...own } = rules;
  return {
    ...own,
    interruptionCategory,
    compensations: compensations.map((one) => compensationRules[one]),
    ...(window === undefined
      ? {}
      : {
          anaesthesiaWindow: { start: timeOfMinute(window.start), end: timeOfMinute(window.end) },
        }),
  };
}

function readStay({ id, pool, fromDay, days, distributions }: WireStay): TemplateStay {
  return {
    id,
    pool,
    fromDay,
    days,
    distributions: distributions.map((one) => ({
      statCategories: [...one.statCategories],
      ageMonthsMin: one.ageMonthsMin,
      ageMonthsMax: one.ageMonthsMax,
      presentPpm: [...one.presentPpm],
    })),
  };
}
