/** The frame types of HTTP/2 that a caller of unary methods meets. */
export const frameTypes = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
} as const;

export const flags = { endStream: 1, acknowledge: 1, endHeaders: 4 } as const;

/** One frame; the payload is a view of what was read, good until the handler returns. */
export type Frame = {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
};

const headBytes = 9;

/** One frame in bytes. */
export function encodeFrame(frame: Frame): Buffer {
  const bytes = Buffer.alloc(headBytes + frame.payload.length);
  bytes.writeUIntBE(frame.payload.length, 0, 3);
  bytes[3] = frame.type;
  bytes[4] = frame.flags;
  bytes.writeUInt32BE(frame.stream, 5);
  frame.payload.copy(bytes, headBytes);
  return bytes;
}

/** Cuts a stream of bytes into frames, however the bytes are cut on their way. */
export function makeFrameReader(onFrame: (frame: Frame) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (bytes.length - at >= headBytes) {
      const end = at + headBytes + bytes.readUIntBE(at, 3);
      if (end > bytes.length) break;
      onFrame({
        type: bytes.readUInt8(at + 3),
        flags: bytes.readUInt8(at + 4),
        stream: bytes.readUInt32BE(at + 5) & 0x7fffffff,
        payload: bytes.subarray(at + headBytes, end),
      });
      at = end;
    }
    rest = bytes.subarray(at);
  };
}
