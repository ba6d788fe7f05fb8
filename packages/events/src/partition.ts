const seed = 0x9747b28c;
const multiplier = 0x5bd1e995;

/**
 * The partition of a key: murmur2 as Kafka's Java clients compute it, so that a key keeps its
 * partition whatever client sends it.
 */
export function partitionOf(key: string, partitions: number): number {
  return (hashKey(Buffer.from(key)) & 0x7fffffff) % partitions;
}

function hashKey(bytes: Buffer): number {
  const whole = bytes.length & ~3;
  let hash = seed ^ bytes.length;
  for (let at = 0; at < whole; at += 4) {
    let word = Math.imul(bytes.readInt32LE(at), multiplier);
    word = Math.imul(word ^ (word >>> 24), multiplier);
    hash = Math.imul(hash, multiplier) ^ word;
  }
  if (whole < bytes.length) {
    for (let at = bytes.length - 1; at >= whole; at -= 1) {
      hash ^= bytes.readUInt8(at) << (8 * (at - whole));
    }
    hash = Math.imul(hash, multiplier);
  }
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return hash ^ (hash >>> 15);
}
