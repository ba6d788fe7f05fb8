import { create, createFileRegistry, type DescService } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";

/** A service of one method without options. */
export function bareService(): DescService {
  const file = create(FileDescriptorProtoSchema, {
    name: "test/v1/bare.proto",
    package: "test.v1",
    syntax: "proto3",
    messageType: [{ name: "AskRequest" }, { name: "AskResponse" }],
    service: [
      {
        name: "BareService",
        method: [
          { name: "Ask", inputType: ".test.v1.AskRequest", outputType: ".test.v1.AskResponse" },
        ],
      },
    ],
  });
  const service = createFileRegistry(file, () => undefined).getService("test.v1.BareService");
  if (service === undefined) throw new Error("the descriptor has no service");
  return service;
}
