/** Health checks over HTTP/2. */
import { respondH2 } from "../../../harness/h2.ts";
import { http } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { answers } from "./tools.ts";

/** A health check over HTTP/2, and the line about its first result. */
function checked(name: string, status: string, backend: string, server = "proto h2"): Scenario {
  return {
    name: `h2 check: ${name}`,
    alone: true,
    config: http({
      defaults: "timeout check 2s",
      backend: `option httpchk GET /health\noption log-health-checks\n${backend}`,
      servers: { s1: `${server} check inter 100ms fall 1 rise 1` },
    }),
    servers: {
      s1: respondH2(
        answers(
          [
            [":status", status],
            ["x-state", "good"],
          ],
          "all is well",
        ),
      ),
    },
    compare: { servers: false },
    async client(talk) {
      await talk.logMatch(/Health check for server/);
    },
  };
}

export const checks: readonly Scenario[] = [
  checked("200 passes", "200", ""),
  checked("500 fails", "500", ""),
  checked("a string of the body", "200", "http-check expect string well"),
  checked("a header", "200", 'http-check expect hdr name "x-state" value "good"'),
  checked("check-proto", "200", "", "check-proto h2"),
];
