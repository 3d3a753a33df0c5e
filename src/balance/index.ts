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

/** Every value of `balance`, by its keyword. */
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
} satisfies Record<BalanceModel["algorithm"]["kind"], Algorithm>;

/** The balancer a backend asks for in its configuration. */
export function createBalancer(backend: Backend): Balancer {
  const model = backend.model.balance;
  return algorithms[model.algorithm.kind].create(backend, model);
}
