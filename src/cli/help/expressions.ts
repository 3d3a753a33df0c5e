import { aclKeywords } from "../../expr/acl/keywords.ts";
import { predefinedAcls } from "../../expr/acl/predefined.ts";
import { usageOf } from "../../expr/args.ts";
import { converters } from "../../expr/conv/index.ts";
import { fetches } from "../../expr/fetch/index.ts";
import { knownConverters, knownFetches } from "../../expr/known.ts";
import { mapRows } from "../../expr/map/index.ts";
import { tags } from "../../expr/logformat/tags/index.ts";
import type { SampleKind } from "../../expr/sample.ts";
import { placesText, validityOf } from "../../expr/validity.ts";
import { httpActions, laterActions } from "../../rules/http/index.ts";
import { details } from "./details.ts";
import { type Group, topic, type Topic } from "./topic.ts";

const TYPES: Readonly<Partial<Record<SampleKind, string>>> = {
  bool: "boolean",
  sint: "integer",
  str: "string",
  bin: "binary",
  ipv4: "IPv4 address",
  ipv6: "IPv6 address",
  addr: "address",
  meth: "method",
  any: "any",
};

function typeName(type: SampleKind | "same"): string {
  return type === "same" ? "same as the input" : (TYPES[type] ?? type);
}

function exampleOf(key: string): Topic["examples"] {
  const example = details[key]?.example;
  return example === undefined ? [] : [["example", example]];
}

const fetchTopics = [...fetches.values()].map((row) => {
  const facts: [string, string][] = [
    ["yields", typeName(row.type)],
    ["valid in", placesText(validityOf(row.use))],
  ];
  if (row.replacedBy !== undefined) facts.push(["deprecated", `write '${row.replacedBy}'`]);
  return topic({
    name: row.name,
    group: "fetches",
    kind: "sample fetch",
    usage: usageOf(row.name, row.args),
    summary: row.help,
    facts,
    examples: exampleOf(`fetch ${row.name}`),
  });
});

const everyConverter = new Map([...converters, ...mapRows]);

const converterTopics = [...everyConverter.values()].map((row) =>
  topic({
    name: row.name,
    group: "converters",
    kind: "converter",
    usage: `<sample>,${usageOf(row.name, row.args)}`,
    summary: row.help,
    facts: [
      ["takes", typeName(row.in)],
      ["yields", typeName(row.out)],
    ],
    examples: exampleOf(`converter ${row.name}`),
  }),
);

const tagTopics = [...tags].map(([name, tag]) =>
  topic({
    name: `%${name}`,
    group: "tags",
    kind: "log-format variable",
    summary: tag.help.charAt(0).toUpperCase() + tag.help.slice(1),
    facts: [["valid in", tag.http ? "log formats of mode http" : "log formats"]],
  }),
);

const actionTopics = [...httpActions.values()].map((row) =>
  topic({
    name: row.name,
    group: "actions",
    kind: "action",
    usage: `${row.name}${row.parenthesis ? "" : " "}${row.usage}`.trim(),
    summary: row.help,
    facts: [["rulesets", row.where.join(", ")]],
    examples: exampleOf(`action ${row.name}`),
  }),
);

const criterionTopics = [...aclKeywords.values()]
  .filter(({ name }) => !fetches.has(name))
  .map(({ name, fetch, method }) =>
    topic({
      name,
      group: "criteria",
      kind: "ACL criterion",
      usage: `${name} [<flag>]* [<pattern>]*`,
      summary: `The sample '${fetch}', matched by '-m ${method.name}'`,
    }),
  );

const predefinedTopics = [...predefinedAcls].map(([name, words]) =>
  topic({ name, group: "criteria", kind: "predefined ACL", summary: `The test '${words.join(" ")}'` }),
);

/** Samples, actions and log formats, for `tlb help`. */
export const expressionGroups: readonly Group[] = [
  { name: "actions", title: "Actions of http-request, http-response, http-after-response", topics: actionTopics },
  { name: "fetches", title: "Sample fetches", topics: fetchTopics },
  { name: "converters", title: "Converters", topics: converterTopics },
  { name: "criteria", title: "ACL criteria and predefined ACLs", topics: [...criterionTopics, ...predefinedTopics] },
  { name: "tags", title: "Variables of log formats", topics: tagTopics },
];

function absent(kind: string, known: ReadonlySet<string>, have: ReadonlyMap<string, unknown>): Topic[] {
  const summary = "Known to HAProxy 2.6, not supported by tlb yet";
  return [...known].filter((name) => !have.has(name)).map((name) => topic({ name, group: "", kind, summary }));
}

/** What HAProxy knows and tlb does not. */
export const absentExpressions: readonly Topic[] = [
  ...absent("action", laterActions, httpActions),
  ...absent("sample fetch", knownFetches, fetches),
  ...absent("converter", knownConverters, everyConverter),
];
