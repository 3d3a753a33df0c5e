/** The registry of sample fetches. Adding one is a row in the file of its family. */
import { authFetches } from "./auth.ts";
import { cacheFetches } from "./cache.ts";
import { constantFetches } from "./constants.ts";
import { cookieFetches } from "./cookies.ts";
import { stickCounterFetches } from "./counters/sc.ts";
import { sourceEntryFetches } from "./counters/src.ts";
import { tableFetches } from "./counters/tables.ts";
import { headerFetches } from "./http-headers.ts";
import { helloFetches } from "./hello.ts";
import { htxFetches } from "./htx.ts";
import { connectionFetches } from "./l4.ts";
import { messageFetches } from "./http-message.ts";
import { paramFetches } from "./params.ts";
import { payloadFetches } from "./payload.ts";
import { proxyFetches } from "./proxies.ts";
import { rdpFetches } from "./rdp.ts";
import { timerFetches } from "./timers.ts";
import { tlsCertificateFetches } from "./tls/certificates.ts";
import { tlsConnectionFetches } from "./tls/connection.ts";
import { tlsHelloFetches } from "./tls/hello.ts";
import type { FetchRow } from "./types.ts";
import { urlFetches } from "./url.ts";
import { variableFetches } from "./variables.ts";
import { registry } from "../../util/registry.ts";

const families: readonly (readonly FetchRow[])[] = [
  constantFetches,
  proxyFetches,
  variableFetches,
  connectionFetches,
  payloadFetches,
  htxFetches,
  helloFetches,
  rdpFetches,
  messageFetches,
  headerFetches,
  cookieFetches,
  urlFetches,
  paramFetches,
  authFetches,
  cacheFetches,
  timerFetches,
  tlsConnectionFetches,
  tlsCertificateFetches,
  tlsHelloFetches,
  stickCounterFetches,
  sourceEntryFetches,
  tableFetches,
];

/** Every sample fetch by name. */
export const fetches = registry(
  "sample fetch",
  families.flat().map((row) => [row.name, row]),
);
