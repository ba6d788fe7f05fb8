import { z } from "zod";
import { type Story, type StoryFile, storyFileSchema, toStory } from "./story.ts";

/** A file of the folder as it was read: its name without the ending, and its content. */
export type StoryDocument = { readonly id: string; readonly document: unknown };

/**
 * Reads the stories of all files in their order. A file with several applicants gives one story for each. What is
 * wrong is told with the file's name and the field.
 */
export function parseStories(documents: readonly StoryDocument[]): Story[] {
  const referrals = new Map<string, Fields>();
  const stories = documents.flatMap(({ id, document }) =>
    tell(id, parseFile(id, document), referrals),
  );
  const ids = new Set(stories.map((story) => story.id));
  for (const { id, redirectedFrom, expected } of stories) {
    for (const other of [redirectedFrom, expected.existing]) {
      if (other !== undefined && !ids.has(other)) throw new Error(`${id}: no story is ${other}`);
    }
  }
  return stories;
}

type Fields = StoryFile["referral"];

function parseFile(id: string, document: unknown): StoryFile {
  const parsed = storyFileSchema.safeParse(document);
  if (!parsed.success) throw new Error(`${id}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function tell(id: string, file: StoryFile, referrals: Map<string, Fields>): Story[] {
  const { applicants = [undefined], sameReferralAs, ...shared } = file;
  const origin = sameReferralAs === undefined ? {} : referrals.get(sameReferralAs);
  if (origin === undefined) throw new Error(`${id}: sameReferralAs: no story is ${sameReferralAs}`);
  const base = merge(origin, file.referral);
  return applicants.map((applicant) => {
    const { referral = {}, expected = {}, id: own, ...other } = applicant ?? {};
    const storyId = own === undefined ? id : `${id}-${own}`;
    const fields = merge(base, referral);
    referrals.set(storyId, fields);
    return toStory({
      ...shared,
      ...defined(other),
      id: storyId,
      referral: fields,
      expected: { ...shared.expected, ...defined(expected) },
    });
  });
}

/** What differs goes over what is shared, field by field; a list goes as a whole. */
function merge(base: Fields, over: Fields): Fields {
  const merged = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const known = merged[key];
    merged[key] = isFields(known) && isFields(value) ? merge(known, value) : value;
  }
  return merged;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

type Defined<Value> = { [Key in keyof Value]: Exclude<Value[Key], undefined> };

function defined<Value extends object>(value: Value): Defined<Value> {
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries) as Defined<Value>;
}
