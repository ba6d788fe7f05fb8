import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { gunzipSync } from "node:zlib";
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Bundle, makeBundle, packBundle, versionOf } from "./bundle.ts";
import { packTar } from "./tar.ts";

// Each run of the command starts programs, on a machine that may be busy.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const root = join(import.meta.dirname, "../../..");
let bundle: Bundle;
let folder: string;

beforeAll(() => {
  bundle = makeBundle(root);
  folder = mkdtempSync(join(tmpdir(), "carehub-bundle-test-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("writes the same bytes on every run, whatever the time, the folder and the umask", () => {
  const one = write("one");
  const before = process.umask(0o077);
  const other = write("other");
  process.umask(before);
  expect(other.archives).toEqual(one.archives);
  expect(other.bytes.equals(one.bytes)).toBe(true);
});

test("writes over its own bundle, and not over a folder that holds something else", () => {
  expect(write("one").bytes.equals(write("one").bytes)).toBe(true);
  const strange = join(folder, "strange");
  mkdirSync(join(strange, "carehub-client"), { recursive: true });
  writeFileSync(join(strange, "carehub-client/thesis.txt"), "years of work");
  expect(() => write("strange")).toThrow("is no client bundle");
  expect(readdirSync(join(strange, "carehub-client"))).toEqual(["thesis.txt"]);
});

test("unpacks from its archive to just the files of its folder", () => {
  write("unpacked");
  const out = join(folder, "unpacked");
  const [archive = ""] = readdirSync(out).filter((file) => file.endsWith(".tar.gz"));
  mkdirSync(join(out, "again"));
  execFileSync("tar", ["xzf", join(out, archive), "-C", join(out, "again")]);
  const contents = contentsOf(join(out, "carehub-client"));
  expect(contents.size).toBe(bundle.files.length);
  expect(contentsOf(join(out, "again/carehub-client"))).toEqual(contents);
});

test("holds every proto of the house, and every import but those that come with each compiler", () => {
  const paths = new Set(bundle.files.map(({ path }) => path));
  const own = readdirSync(join(root, "proto/carehub"), { recursive: true, encoding: "utf8" });
  for (const file of own.filter((each) => each.endsWith(".proto"))) {
    expect(paths).toContain(`proto/carehub/${file}`);
  }
  const imports = bundle.files
    .filter(({ path }) => path.endsWith(".proto"))
    .flatMap(({ content }) => [...content.toString().matchAll(/^import "([^"]+)";/gm)])
    .map(([, file = ""]) => file);
  expect(imports.length).toBeGreaterThan(50);
  for (const file of imports.filter((each) => !each.startsWith("google/protobuf/"))) {
    expect(paths).toContain(`proto/${file}`);
  }
  expect(paths).toContain("proto/google/rpc/error_details.proto");
});

test("holds a descriptor set that is complete, in the order of imports, with comments", () => {
  const { file: files } = fromBinary(FileDescriptorSetSchema, contentOf("descriptors.binpb"));
  const seen = new Set<string>();
  for (const file of files) {
    for (const dependency of file.dependency) expect(seen).toContain(dependency);
    seen.add(file.name);
  }
  const protos = bundle.files.filter(({ path }) => path.endsWith(".proto"));
  for (const { path } of protos) expect(seen).toContain(path.replace("proto/", ""));
  const service = files.find(({ name }) => name.endsWith("referral_service.proto"));
  expect(service?.sourceCodeInfo?.location.length).toBeGreaterThan(0);
});

test("says who may use it, and names the licence of every file of others", () => {
  expect(contentOf("LICENSE").toString()).toContain("Who may use it");
  expect(contentOf("LICENSE-Apache-2.0").toString()).toContain("Apache License");
  const others = bundle.files
    .map(({ path }) => /^proto\/(?!carehub\/)[^/]+\//.exec(path)?.[0])
    .filter((path) => path !== undefined);
  for (const path of new Set(others)) expect(contentOf("NOTICE").toString()).toContain(path);
});

test("has another version when a byte, a name or the release differs, and the same when none does", () => {
  const files = [{ path: "a", content: Buffer.from("1") }];
  const version = versionOf("1.0.0", files);
  expect(version).toMatch(/^1\.0\.0\+[0-9a-f]{12}$/);
  expect(versionOf("1.0.0", [...files])).toBe(version);
  expect(versionOf("1.0.0", [{ path: "a", content: Buffer.from("2") }])).not.toBe(version);
  expect(versionOf("1.0.0", [{ path: "b", content: Buffer.from("1") }])).not.toBe(version);
  expect(versionOf("1.0.1", files)).not.toBe(version);
  expect(contentOf("VERSION").toString()).toBe(`${bundle.version}\n`);
});

test("packs no trace of the machine, and no path that an old tar could not read", () => {
  const archive = packBundle(bundle);
  expect(archive.readUInt32LE(4)).toBe(0);
  expect(archive[9]).toBe(255);
  expect(gunzipSync(archive).length % 512).toBe(0);
  const long = [{ path: "x".repeat(101), content: Buffer.alloc(0) }];
  expect(() => packTar("folder", long)).toThrow("longer than 100 bytes");
});

test("explains itself, and refuses an option that it does not know", () => {
  expect(run("--help").toString()).toContain("npm run contracts:bundle [-- --out FOLDER]");
  expect(() => run("--output", "x")).toThrow("Unknown option '--output'");
});

function run(...args: string[]): Buffer {
  const program = join(import.meta.dirname, "write-bundle.ts");
  return execFileSync(process.execPath, [program, ...args], { stdio: "pipe" });
}

function write(name: string): { archives: string[]; bytes: Buffer } {
  const out = join(folder, name);
  run("--out", out);
  const archives = readdirSync(out).filter((file) => file !== "carehub-client");
  return { archives, bytes: readFileSync(join(out, archives[0] ?? "")) };
}

function contentsOf(parent: string): Map<string, string> {
  const files = readdirSync(parent, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(files.map((file) => [relative(parent, file), sha256(readFileSync(file))]));
}

function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

function contentOf(path: string): Buffer {
  const file = bundle.files.find((each) => each.path === path);
  if (file === undefined) throw new Error(`${path} is not in the bundle`);
  return file.content;
}
