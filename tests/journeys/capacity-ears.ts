import type { CourseEvent } from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import { followFeed } from "@carehub/partners/feed";
import type { Partner } from "@carehub/partners/partner";
import { until } from "@carehub/testing/wait";

/** A partner who listens to the stream of its courses. */
export type Watching = Awaited<ReturnType<typeof watch>>;

async function readFeed(partner: Partner) {
  const feed = followFeed(partner);
  const all: Awaited<ReturnType<typeof feed.pull>> = [];
  for (;;) {
    const entries = await feed.pull(0);
    if (entries.length === 0) return all;
    all.push(...entries);
  }
}

/** Listens to a partner's courses from now on; ready once its stream is open. */
export async function watch({ watches }: Partner) {
  const heard: CourseEvent[] = [];
  const end = new AbortController();
  let isOpen = false;
  let failure: unknown;
  const listening = (async () => {
    const onTraceId = () => {
      isOpen = true;
    };
    const stream = watches.watchCourses({ fromNow: true }, { signal: end.signal, onTraceId });
    for await (const { event } of stream) {
      isOpen = true;
      if (event !== undefined) heard.push(event);
    }
  })().catch((error: unknown) => {
    if (!end.signal.aborted) failure = error;
  });
  await until(() => isOpen || failure, { what: "a stream of courses to be open" });
  return {
    heard,
    close: async () => {
      end.abort();
      await listening;
      if (failure !== undefined) throw failure;
    },
  };
}

/** What a partner heard, as course and event, once it is so much; sooner where more does not come. */
export async function heardBy(watching: Watching | undefined, count: number): Promise<string[]> {
  const heard = watching?.heard ?? [];
  const what = "a stream to tell";
  await until(() => heard.length >= count, { what }).catch(() => undefined);
  return heard.map(({ course, event }) => `${course} ${event.case}`).toSorted();
}

/** The events of these names in a partner's feed of cases, as course and event, sorted. */
export async function toldInFeed(partner: Partner, names: readonly string[]): Promise<string[]> {
  const entries = await readFeed(partner);
  const told = entries.flatMap(({ event }) => {
    const name = event?.event.case ?? "";
    const course = event?.referral.replace("referrals/", "courses/");
    return names.includes(name) ? [`${course} ${name}`] : [];
  });
  return told.toSorted();
}

/** The last event of a name that was heard. */
export function toldBy({ heard }: Watching, name: string): CourseEvent | undefined {
  return heard.findLast(({ event }) => event.case === name);
}

/** The last shortage of beds that was heard of. */
export function shortfallOf(watching: Watching) {
  const found = toldBy(watching, "capacityShortfallDetected")?.event;
  return found?.case === "capacityShortfallDetected" && found.value;
}
