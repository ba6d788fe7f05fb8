import type { Break } from "./breaks.ts";

const course =
  "(select id from course where facts #> '{hold,certificate}' is not null order by id limit 1)";
const document = "facts #>> '{hold,certificate,document}'";

/** Ways to break what a held course's certificate proves, or what it was proved on. */
export const certificateBreaks: readonly Break[] = [
  {
    invariant: "I1",
    name: "a certificate whose text was changed",
    database: "capacity",
    statements: `update course set facts = jsonb_set(facts, '{hold,certificate,document}',
      to_jsonb(replace(${document}, '"grid_minutes":', '"grid_minutes":1'))) where id = ${course}`,
    table: "course",
    found: /^(HASH|RULES): /,
  },
  {
    invariant: "I1",
    name: "a published version in which everything is closed",
    database: "capacity",
    statements: `update hub_version set document = jsonb_set(document, '{closures}', '[{"resources": [],
      "kind": "CLOSURE", "reason": "flood", "firstDate": "2020-01-01", "lastDate": "2039-12-31", "start": 0, "end": 1440}]')`,
    table: "course",
    found: /^CLOSURE: .* is closed: flood$/,
  },
  {
    invariant: "I1",
    name: "a version that was never published",
    database: "capacity",
    statements: "delete from hub_version",
    table: "course",
    found: /^VERSION: hubs\/\S+ has no version \d+$/,
  },
  {
    invariant: "I1",
    name: "a certificate that two courses have",
    database: "capacity",
    statements: `update course set state = 'BOOKED', facts = jsonb_set(facts, '{hold,certificate}',
        (select facts #> '{hold,certificate}' from course where id = ${course}))
      where facts #> '{hold,certificate}' is not null`,
    table: "course",
    found: /^DOUBLE_BOOKING: /,
  },
  {
    invariant: "I1",
    name: "the certificate of another course",
    database: "capacity",
    statements: `update course set facts = jsonb_set(facts, '{hold,certificate}',
        (select facts #> '{hold,certificate}' from course where id = ${course}))
      where facts #> '{hold,certificate}' is not null`,
    table: "course",
    found: /^COURSE: its certificate is of /,
  },
];
