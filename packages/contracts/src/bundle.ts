/**
 * The client bundle: what a partner needs to write a client in any language, and nothing of the
 * platform's own code. Equal contracts give equal bytes; `VERSION` changes with any byte of the rest.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { gzipSync } from "node:zlib";
import { type ArchiveFile, packTar } from "./tar.ts";

/** The bundle's files in the order of their paths, and its version, which is also in `VERSION`. */
export type Bundle = { readonly version: string; readonly files: readonly ArchiveFile[] };

/** The folder that the archive unpacks to. */
export const bundleFolder = "carehub-client";

/** The file by which a folder is known as a bundle. */
export const versionFile = "VERSION";

/** Builds the bundle of the protos as they stand in this checkout; `root` is the checkout. */
export function makeBundle(root: string): Bundle {
  const files = [...contracts(root), ...documents(root)].sort(byPath);
  const { version: release } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const version = versionOf(release, files);
  const told = { path: versionFile, content: Buffer.from(`${version}\n`) };
  return { version, files: [...files, told].sort(byPath) };
}

/** The bundle as a .tar.gz; the same Node gives the same bytes for the same bundle. */
export function packBundle({ files }: Bundle): Buffer {
  const archive = gzipSync(packTar(bundleFolder, files), { level: 9 });
  archive[operatingSystemByte] = unknownSystem;
  return archive;
}

/** The release, and a hash over every path and content: `0.1.0+5f0c…`. */
export function versionOf(release: string, files: readonly ArchiveFile[]): string {
  const lines = files.map(({ path, content }) => `${sha256(content)}  ${path}\n`);
  return `${release}+${sha256(lines.join("")).slice(0, hashLength)}`;
}

const hashLength = 12;
// Of gzip's header, RFC 1952: it would tell the system that packed.
const operatingSystemByte = 9;
const unknownSystem = 255;

function contracts(root: string): ArchiveFile[] {
  const draft = mkdtempSync(join(tmpdir(), "carehub-bundle-"));
  const buf = (...args: string[]) =>
    execFileSync(join(root, "node_modules/.bin/buf"), args, { cwd: root });
  try {
    buf("export", ".", "--output", join(draft, "proto"));
    const descriptors = join(draft, "descriptors.binpb");
    buf("build", ".", "--as-file-descriptor-set", "--output", descriptors);
    return read(draft);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function documents(root: string): ArchiveFile[] {
  const apache = readFileSync(join(root, "proto/third_party/LICENSE"));
  const own = read(join(root, "packages/contracts/bundle"));
  return [...own, { path: "LICENSE-Apache-2.0", content: apache }];
}

function read(folder: string): ArchiveFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({
      path: file.slice(folder.length + 1).replaceAll(sep, "/"),
      content: readFileSync(file),
    }));
}

// By code units: the order of a locale would differ from machine to machine.
function byPath(one: ArchiveFile, other: ArchiveFile): number {
  return one.path < other.path ? -1 : 1;
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
