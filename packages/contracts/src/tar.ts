/** One file of an archive: a relative path with slashes, and its bytes. */
export type ArchiveFile = { readonly path: string; readonly content: Buffer };

/**
 * Packs files under one folder as a POSIX tar (ustar). Equal files give equal bytes: order of the
 * list, owner 0, mode 0644, one fixed time. Paths of more than 100 bytes are refused.
 */
export function packTar(folder: string, files: readonly ArchiveFile[]): Buffer {
  const parts = files.flatMap(({ path, content }) => [
    header(`${folder}/${path}`, content.length),
    content,
    Buffer.alloc(padding(content.length)),
  ]);
  return Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]);
}

const blockBytes = 512;
const pathBytesMax = 100;
/** 2000-01-01: some programs warn of a file from 1970. */
const modifiedAtSeconds = 946_684_800;

function header(path: string, size: number): Buffer {
  if (Buffer.byteLength(path) > pathBytesMax) {
    throw new Error(`${path} is longer than ${pathBytesMax} bytes, the most that ustar holds`);
  }
  const block = Buffer.alloc(blockBytes);
  block.write(path, 0);
  block.write(octal(0o644, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(modifiedAtSeconds, 12), 136);
  block.write(" ".repeat(8), 148);
  block.write("0", 156);
  block.write("ustar\u000000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

function octal(value: number, length: number): string {
  return `${value.toString(8).padStart(length - 1, "0")}\0`;
}

function padding(size: number): number {
  return (blockBytes - (size % blockBytes)) % blockBytes;
}
