/** The registry of converters (manual, section 7.3.1). Adding one is a row in the file of its family. */
import type { ConverterRow } from "../converter.ts";
import { backends } from "./backends.ts";
import { base64 } from "./base64.ts";
import { compare } from "./compare.ts";
import { debug } from "./debug.ts";
import { digests } from "./digests.ts";
import { fields } from "./fields.ts";
import { fix } from "./fix.ts";
import { hashes } from "./hashes.ts";
import { hexes } from "./hex.ts";
import { https } from "./http.ts";
import { ipmask } from "./ipmask.ts";
import { jsonQuery } from "./json-query.ts";
import { json } from "./json.ts";
import { jwt } from "./jwt.ts";
import { maths } from "./maths.ts";
import { mqtt } from "./mqtt.ts";
import { protobufs } from "./protobuf.ts";
import { regsub } from "./regsub.ts";
import { strings } from "./strings.ts";
import { tables } from "./tables.ts";
import { times } from "./times.ts";
import { urls } from "./url.ts";
import { variables } from "./variables.ts";
import { registry } from "../../util/registry.ts";

/**
 * map() and its kin belong to src/expr/map: they are added where the pattern files are known.
 */
const families: readonly (readonly ConverterRow[])[] = [
  maths,
  strings,
  fields,
  compare,
  base64,
  hexes,
  urls,
  [json, jsonQuery],
  hashes,
  digests,
  jwt,
  [regsub, ipmask, debug],
  times,
  https,
  backends,
  fix,
  mqtt,
  protobufs,
  variables,
  tables,
];

/** All converters by name. */
export const converters = registry(
  "converter",
  families.flat().map((row) => [row.name, row]),
);
