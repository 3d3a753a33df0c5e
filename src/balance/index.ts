import type { BalanceModel } from "../config/model.ts";
import type { Backend } from "../proxy/backend.ts";
import { first } from "./first.ts";
import { hash } from "./hash.ts";
import { hdr } from "./hdr.ts";
import { leastconn } from "./leastconn.ts";
import { random } from "./random.ts";
import { rdpCookie } from "./rdp-cookie.ts";
import { roundrobin } from "./roundrobin.ts";
import { source } from "./source.ts";
import { staticRr } from "./static-rr.ts";
import type { Algorithm, Balancer } from "./types.ts";
import { uri } from "./uri.ts";
import { urlParam } from "./url-param.ts";

/** Every value of `balance`, by its keyword and in the order the help shows them. Adding one is a file and a line here. */
export const algorithms = {
  roundrobin,
  "static-rr": staticRr,
  leastconn,
  first,
  source,
  uri,
  url_param: urlParam,
  hdr,
  random,
  "rdp-cookie": rdpCookie,
  hash,
} satisfies Record<string, Algorithm<{ readonly kind: string }>>;

/** What the model keeps of a `balance` line: the parameters of the algorithm, told apart by `kind`. */
export type AlgorithmModel = NonNullable<ReturnType<(typeof algorithms)[keyof typeof algorithms]["parse"]>>;

/** The algorithm of a backend. */
export function algorithmOf({ algorithm }: BalanceModel): Algorithm<AlgorithmModel> {
  return algorithms[algorithm.kind];
}

/** The balancer a backend asks for in its configuration. */
export function createBalancer(backend: Backend): Balancer {
  const { balance } = backend.model;
  return algorithmOf(balance).create(backend, balance.algorithm, balance.hash);
}

/**
 * Whether weights may change while it runs: slow start needs that (manual, `slowstart`). Map-based hashing and static-rr
 * give the server its whole share at once.
 */
export function isDynamic(balance: BalanceModel): boolean {
  return algorithmOf(balance).isDynamic(balance.hash);
}
