/** JSON schema of the JSON forms of `show info` and `show stat`. */
const tags = {
  type: "object",
  properties: {
    origin: { type: "string", enum: ["Metric", "Status", "Key", "Config", "Product", "Unknown"] },
    nature: {
      type: "string",
      enum: [
        "Gauge",
        "Limit",
        "Min",
        "Max",
        "Rate",
        "Counter",
        "Duration",
        "Age",
        "Time",
        "Name",
        "Output",
        "Avg",
        "Unknown",
      ],
    },
    scope: { type: "string", enum: ["Cluster", "Process", "Service", "System", "Unknown"] },
  },
  required: ["origin", "nature", "scope"],
};

const integer = (type: string, minimum: number, maximum: number): object => ({
  properties: { type: { type: "string", enum: [type] }, value: { type: "integer", minimum, maximum } },
  required: ["type", "value"],
});

const typedValue = {
  type: "object",
  oneOf: [
    integer("s32", -2147483648, 2147483647),
    integer("u32", 0, 4294967295),
    integer("u64", 0, Number.MAX_SAFE_INTEGER),
    { properties: { type: { type: "string", enum: ["str"] }, value: { type: "string" } }, required: ["type", "value"] },
  ],
};

const field = {
  type: "object",
  properties: { pos: { type: "integer", minimum: 0 }, name: { type: "string" } },
  required: ["pos", "name"],
};

const reference = (name: string): object => ({ $ref: `#/definitions/${name}` });

const common = {
  field: reference("field"),
  processNum: reference("processNum"),
  tags: reference("tags"),
  value: reference("typedValue"),
};

export const schema = {
  $schema: "http://json-schema.org/draft-04/schema#",
  oneOf: [
    {
      title: "Info",
      type: "array",
      items: {
        title: "InfoItem",
        type: "object",
        properties: common,
        required: ["field", "processNum", "tags", "value"],
      },
    },
    {
      title: "Stat",
      type: "array",
      items: {
        title: "Row",
        type: "array",
        items: {
          title: "StatItem",
          type: "object",
          properties: {
            objType: { enum: ["Frontend", "Backend", "Listener", "Server", "Unknown"] },
            proxyId: { type: "integer", minimum: 0 },
            id: { type: "integer", minimum: 0 },
            ...common,
          },
          required: ["objType", "proxyId", "id", "field", "processNum", "tags", "value"],
        },
      },
    },
  ],
  definitions: { field, processNum: { type: "integer", minimum: 1 }, tags, typedValue },
};
