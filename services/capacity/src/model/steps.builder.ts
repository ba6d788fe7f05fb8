import fc from "fast-check";

/** What can be asked of a hub. */
export const kinds = [
  ...["hold", "request", "book", "release", "stop", "close", "extend-hold", "move", "postpone"],
  ...["admit", "record", "miss", "correct", "interrupt", "resume", "extend-stay", "discharge"],
  ...["publish", "grant", "import", "cancel-import", "outage", "approve", "refresh", "withdraw"],
  ...["override", "consent", "revoke"],
  ...["wait", "treat-until", "sweep"],
] as const;

/** One command; the numbers choose among what there is, so that a shorter sequence still means something. */
export type Step = {
  readonly kind: string;
  /** Which course, proposal or import. */
  readonly at: number;
  /** What is asked of it. */
  readonly one: number;
  readonly two: number;
  readonly fault: Fault;
};

/**
 * What goes wrong: the request comes again once it is done; its connection ends in the middle of a transaction; its
 * answer is lost after the commit; or it comes at the same time as the next step.
 */
export type Fault = "none" | "again" | "cut" | "lost" | "at-once";

/** A hub with so many rooms, and what is asked of it. */
export type Scenario = { readonly rooms: number; readonly steps: readonly Step[] };

const number = fc.nat({ max: 11 });

const fault = fc.oneof(
  { weight: 7, arbitrary: fc.constant("none" as const) },
  { weight: 1, arbitrary: fc.constant("again" as const) },
  { weight: 2, arbitrary: fc.constantFrom("cut" as const, "lost" as const) },
  { weight: 2, arbitrary: fc.constant("at-once" as const) },
);

function step(...of: readonly string[]) {
  return fc.record<Step>({
    kind: fc.constantFrom(...of),
    ...{ at: number, one: number, two: number, fault },
  });
}

const asks = step("hold", "hold", "request");

// A treatment that begins as it does: else most commands on one would come too early.
const treatment = fc
  .record({
    at: number,
    sessions: fc.integer({ min: 0, max: 3 }),
    after: fc.array(
      step(
        ...["interrupt", "interrupt", "resume", "resume", "postpone", "miss", "miss", "correct"],
        ...["extend-stay", "extend-stay", "discharge", "discharge", "move", "stop", "record"],
      ),
      { maxLength: 4, size: "max" },
    ),
  })
  .map(({ at, sessions, after }): Step[] => {
    const plain = { at, one: 0, two: 0, fault: "none" } as const;
    const session = [
      { ...plain, kind: "treat-until" },
      { ...plain, kind: "record" },
    ];
    return [
      { ...plain, kind: "book" },
      { ...plain, kind: "treat-until" },
      { ...plain, kind: "admit" },
      ...Array.from({ length: sessions }, () => session).flat(),
      ...after.map((each) => ({ ...each, at })),
    ];
  });

// Two operations on one day, whose unit has one bed; then a bed for the one that waits, or for a third. One is given back.
const overbooking = fc
  .record({
    at: number,
    whom: number,
    isNew: fc.boolean(),
    faults: fc.array(fault, { minLength: 6, maxLength: 6 }),
  })
  .map(({ at, whom, isNew, faults }): Step[] => {
    const [surgery, bed] = [3, isNew ? 9 : 1];
    return [
      { kind: "hold", at, one: surgery, two: 0 },
      { kind: "request", at, one: surgery, two: 0 },
      { kind: "override", at, one: bed, two: 0 },
      { kind: "consent", at, one: 0, two: 0 },
      { kind: isNew ? "hold" : "sweep", at, one: surgery, two: 0 },
      { kind: "release", at: whom, one: 0, two: 0 },
    ].map((each, index) => ({ ...each, fault: faults[index] ?? "none" }));
  });

const alone = (...of: readonly string[]) => step(...of).map((each) => [each]);

const some = fc.oneof(
  { weight: 5, arbitrary: alone(...kinds) },
  { weight: 2, arbitrary: alone("hold", "request", "move", "sweep") },
  { weight: 2, arbitrary: treatment },
  {
    weight: 2,
    arbitrary: alone("import", "import", "cancel-import", "publish", "grant", "postpone"),
  },
  { weight: 2, arbitrary: overbooking },
  {
    weight: 1,
    arbitrary: step("outage").map((each) => [
      each,
      { ...each, kind: "approve", one: 0, fault: "none" as const },
      { ...each, kind: "approve", one: 1, fault: "none" as const },
      { ...each, kind: "sweep", fault: "none" as const },
    ]),
  },
);

/** Hubs and what is asked of them: one or two courses first, then anything. */
export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  rooms: fc.integer({ min: 1, max: 2 }),
  steps: fc
    .tuple(
      fc.array(asks, { minLength: 1, maxLength: 3, size: "max" }),
      fc.array(some, { minLength: 1, maxLength: 6, size: "max" }),
    )
    .map(([first, then]) => [...first, ...then.flat()]),
});
