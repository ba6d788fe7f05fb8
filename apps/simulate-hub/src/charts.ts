/** Lines of numbers, drawn as one self-contained picture each. */
export type Series = {
  readonly label: string;
  readonly color: string;
  readonly values: readonly number[];
};

/** A chart over equal steps, such as weeks or deciles. */
export type Chart = {
  readonly title: string;
  readonly unit: string;
  readonly series: readonly Series[];
  /** What stands below some of the steps. */
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
  readonly kind: "LINE" | "BAR";
};

const width = 760;
const height = 240;
const left = 52;
const top = 34;
const bottom = 34;
const steps = 4;

/** Draws a chart as SVG. */
export function drawChart({ title, unit, series, ticks, kind }: Chart): string {
  const count = Math.max(1, ...series.map(({ values }) => values.length));
  const most = niceMost(Math.max(1, ...series.flatMap(({ values }) => values)));
  const slot = (width - left - 10) / count;
  const x = (at: number) => left + slot * (at + 0.5);
  const y = (value: number) => height - bottom - (value / most) * (height - top - bottom);
  const grid = Array.from({ length: steps + 1 }, (_, index) => (most / steps) * index).map(
    (value) =>
      `<line x1="${left}" x2="${width - 10}" y1="${round(y(value))}" y2="${round(y(value))}" class="grid"/>` +
      `<text x="${left - 6}" y="${round(y(value) + 4)}" text-anchor="end">${round(value)}</text>`,
  );
  const below = ticks.map(
    ({ at, text }) =>
      `<text x="${round(x(at))}" y="${height - bottom + 18}" text-anchor="middle">${asHtml(text)}</text>`,
  );
  const legend = series.map(
    ({ label, color }, at) =>
      `<rect x="${width - 300 + at * 150}" y="8" width="12" height="12" fill="${color}"/>` +
      `<text x="${width - 283 + at * 150}" y="18">${asHtml(label)}</text>`,
  );
  const drawn = series.map((one, at) => {
    return kind === "LINE"
      ? line(one, x, y)
      : bars(one, { x, y, width: (slot * 0.8) / series.length, shift: at - series.length / 2 });
  });
  return (
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${asHtml(title)}">` +
    `<text x="${left}" y="18" class="title">${asHtml(title)}, ${asHtml(unit)}</text>` +
    `${grid.join("")}${below.join("")}${legend.join("")}${drawn.join("")}</svg>`
  );
}

type Scale = (value: number) => number;

function line({ color, values }: Series, x: Scale, y: Scale): string {
  const points = values.map((value, at) => `${round(x(at))},${round(y(value))}`).join(" ");
  return `<polyline points="${points}" fill="none" stroke="${color}" stroke-width="2"/>`;
}

type Bars = {
  readonly x: Scale;
  readonly y: Scale;
  readonly width: number;
  readonly shift: number;
};

function bars({ color, values }: Series, { x, y, width: wide, shift }: Bars): string {
  return values
    .map((value, at) => {
      const from = round(x(at) + shift * wide);
      const high = round(y(0) - y(value));
      return `<rect x="${from}" y="${round(y(value))}" width="${round(wide)}" height="${high}" fill="${color}"/>`;
    })
    .join("");
}

// The least of 1, 2, 4 or 8 times a power of ten that is not less.
function niceMost(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 4, 8, 10].find((factor) => factor * power >= value) ?? 10) * power;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A text that stands for itself in HTML. */
export function asHtml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
