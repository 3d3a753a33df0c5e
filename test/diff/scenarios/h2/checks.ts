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
  checked(
    "two connections, the second asks for what the first one heard",
    "200",
    `http-check connect default\nhttp-check send meth GET uri /health\nhttp-check expect status 200\nhttp-check set-var(check.state) res.hdr(x-state)\nhttp-check connect default\nhttp-check send meth GET uri-lf /%[var(check.state)]\nhttp-check expect string-lf %[str(all)] on-success "%[var(check.state)] at %[srv_name]"`,
  ),
  checked(
    "two connections, each with proto h2",
    "200",
    `http-check connect proto h2\nhttp-check send meth GET uri /health\nhttp-check expect status 200\nhttp-check set-var(check.state) res.hdr(x-state)\nhttp-check connect proto h2\nhttp-check send meth GET uri-lf /%[var(check.state)]\nhttp-check expect string-lf %[str(all)] on-success "%[var(check.state)] at %[srv_name]"`,
    "",
  ),
];
