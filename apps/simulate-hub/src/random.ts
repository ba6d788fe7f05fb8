/** Numbers that look random and are the same for the same seed. */
export type Random = {
  /** From 0, inclusive, to 1, exclusive. */
  readonly uniform: () => number;
  /** A whole number from `min` to `max`, both inclusive. */
  readonly whole: (min: number, max: number) => number;
  readonly exponential: (mean: number) => number;
  /** By the median, and the standard deviation of the logarithm. */
  readonly lognormal: (median: number, sigma: number) => number;
  /** One of the entries by their weights. */
  readonly pick: <Entry extends { readonly weight: number }>(entries: readonly Entry[]) => Entry;
};

const range = 2 ** 32;

/** The numbers of one seed for one purpose: what is drawn for another does not move them. */
export function createRandom(seed: number, purpose: string): Random {
  let state = hashOf(`${seed} ${purpose}`);
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    return mixed(state) / range;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return {
    uniform,
    whole: (min, max) => min + Math.floor(uniform() * (max - min + 1)),
    exponential: (mean) => -mean * Math.log(1 - uniform()),
    lognormal: (median, sigma) => median * Math.exp(sigma * normal()),
    pick: (entries) => {
      const total = entries.reduce((sum, { weight }) => sum + weight, 0);
      let left = uniform() * total;
      for (const entry of entries) {
        left -= entry.weight;
        if (left < 0) return entry;
      }
      throw new Error("there is nothing to pick from");
    },
  };
}

/** One number from 0 to 1 for a text: the same whoever asks, and however often. */
export function chanceOf(seed: number, text: string): number {
  return mixed(hashOf(`${seed} ${text}`)) / range;
}

// FNV-1a, then the finish of MurmurHash3, so that near texts are far from each other.
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return mixed(hash >>> 0);
}

function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
