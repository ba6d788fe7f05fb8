import { must } from "@carehub/rules/fault";
import {
  type BeamUse,
  type CourseTemplate,
  isSiteKind,
  type ResourceUse,
  type SessionShape,
} from "./hub.ts";

/** What one session uses, as the planner places it. */
export type Shape = {
  readonly siteUse: ResourceUse;
  readonly otherUses: readonly ResourceUse[];
  readonly beam: BeamUse | undefined;
  /** From its start to the end of its last use. */
  readonly minutes: number;
};

/** The shape of each session of those phases; equal ones are the same object. */
export function shapesOf(
  template: CourseTemplate,
  phases: readonly string[],
  underAnaesthesia: boolean,
): Shape[] {
  const known = new Map<SessionShape, Shape>();
  const shapeOf = (session: SessionShape) => {
    const shape = known.get(session) ?? toShape(session, underAnaesthesia);
    known.set(session, shape);
    return shape;
  };
  return phases.map((id, index) => {
    const phase = template.phases.find((candidate) => candidate.id === id);
    const usual = phase?.session ?? template;
    const isFirst = phases.indexOf(id) === index;
    return shapeOf(isFirst ? (phase?.firstSession ?? usual) : usual);
  });
}

function toShape({ uses, beam }: SessionShape, underAnaesthesia: boolean): Shape {
  const used = uses.filter(({ onlyUnderAnaesthesia }) => underAnaesthesia || !onlyUnderAnaesthesia);
  const ends = [...used, ...(beam === undefined ? [] : [beam])].map(
    ({ offsetMinutes, minutes }) => offsetMinutes + minutes,
  );
  return {
    siteUse: must(
      used.find(({ kind }) => isSiteKind(kind)),
      "a published session has a site",
    ),
    otherUses: used.filter(({ kind }) => !isSiteKind(kind)),
    beam,
    minutes: Math.max(...ends),
  };
}
