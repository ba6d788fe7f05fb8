import { create, createFileRegistry } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { must } from "@carehub/rules/fault";

const file = create(FileDescriptorProtoSchema, {
  name: "unruly.proto",
  package: "unruly.v1",
  syntax: "proto3",
  messageType: [
    {
      name: "ChangeRequest",
      field: [
        { name: "name", number: 1, type: FieldDescriptorProto_Type.STRING },
        {
          name: "items",
          number: 2,
          type: FieldDescriptorProto_Type.STRING,
          label: FieldDescriptorProto_Label.REPEATED,
        },
      ],
    },
    { name: "ChangeResponse" },
  ],
  service: [
    {
      name: "Unruly",
      method: [
        {
          name: "Change",
          inputType: ".unruly.v1.ChangeRequest",
          outputType: ".unruly.v1.ChangeResponse",
        },
      ],
    },
  ],
});

/** A contract that keeps none of the rules. */
export const unrulyContract = must(
  createFileRegistry(create(FileDescriptorSetSchema, { file: [file] })).getFile("unruly.proto"),
  "the file is in its registry",
);
