/*
 * A beam's buckets in SQL: half hours since 1970 in UTC.
 */

/** The half hours that a range reaches into, from the first that counts on; a set of integers. */
export function halfHoursOf(range: string, first: string): string {
  return `generate_series(
    greatest(floor(extract(epoch from lower(${range})) / 1800)::integer, ${first}),
    ceil(extract(epoch from upper(${range})) / 1800)::integer - 1)`;
}

/** The time of a bucket as a range. */
export function halfHourOf(bucket: string): string {
  return `tstzrange(to_timestamp(${bucket} * 1800.0), to_timestamp((${bucket} + 1) * 1800.0))`;
}

/** The minutes of the column `beam` in a bucket that it reaches into. */
export function minutesIn(bucket: string): string {
  const part = `beam * ${halfHourOf(bucket)}`;
  return `extract(epoch from upper(${part}) - lower(${part})) / 60`;
}
