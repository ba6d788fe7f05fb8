/** Names and values in the order in which they are sent. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** The same headers as the first request of a connection sends them, and as all later ones do. */
export type HeaderBlocks = { readonly first: Buffer; readonly later: Buffer };

const insertedLiteral = 0x40;
const indexed = 0x80;
const firstDynamicIndex = 62;
const lengthPrefixMax = 127;

/**
 * Encodes headers by HPACK as a good client does: the first block puts each into the connection's
 * table, every later block names their places there, a byte for each.
 */
export function encodeHeaders(headers: HeaderList): HeaderBlocks {
  const first = headers.flatMap(([name, value]) => [
    Buffer.from([insertedLiteral]),
    encodeText(name),
    encodeText(value),
  ]);
  const later = headers.map((_, at) => indexed | (firstDynamicIndex + headers.length - 1 - at));
  return { first: Buffer.concat(first), later: Buffer.from(later) };
}

function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([encodeLength(bytes.length), bytes]);
}

function encodeLength(length: number): Buffer {
  if (length < lengthPrefixMax) return Buffer.from([length]);
  const bytes = [lengthPrefixMax];
  let rest = length - lengthPrefixMax;
  for (; rest >= 128; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}
