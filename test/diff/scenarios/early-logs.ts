/** option logasap counts what there is of the response when its head is done: as rules left it, with the part of the body that is there. */
import { get, http, plays, request, sends } from "../build.ts";
import type { Scenario } from "../scenario.ts";

const FORMAT = 'option logasap\nlog-format "B=%B U=%U ST=%ST"\n';
const WHOLE = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello";
const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel";

interface Case {
  readonly frontend?: string;
  readonly backend?: string;
  readonly asked?: string;
  readonly answer?: readonly string[];
}

function one(name: string, { frontend = "", backend = "", asked = get("/"), answer = [WHOLE] }: Case): Scenario {
  return {
    name: `logasap counts bytes: ${name}`,
    config: http({ frontend: FORMAT + frontend, backend }),
    servers: { s1: plays(...answer) },
    client: sends(asked),
  };
}

const add = "http-response add-header A bcd";

export const earlyLogs: readonly Scenario[] = [
  one("nothing changed", {}),
  one("a header of the frontend", { frontend: add }),
  one("a header of the backend", { backend: add }),
  one("headers of both lists", { frontend: `${add}\nhttp-after-response add-header C defgh` }),
  one("a header deleted", { frontend: "http-response del-header X-A" }),
  one("a header set", { frontend: "http-response set-header X-A longer" }),
  one("a header replaced", { frontend: "http-response replace-header X-A (.*) <\\1\\1>" }),
  one("another status", { frontend: "http-response set-status 404 reason Nothing-Found" }),
  one("a cookie", { backend: "cookie SRV insert" }),
  one("connection: close", { frontend: add, asked: get("/", "Connection: close") }),
  one("HTTP/1.0 from both", {
    frontend: add,
    asked: "GET / HTTP/1.0\r\n\r\n",
    answer: ["HTTP/1.0 200 OK\r\n\r\nhello"],
  }),
  one("the head alone", { frontend: add, answer: ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "hello"] }),
  one("a part of a chunk", { frontend: add, answer: [CHUNKED, "lo\r\n0\r\n\r\n"] }),
  one("HEAD", {
    frontend: add,
    asked: request("HEAD", "/"),
    answer: ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"],
  }),
  one("100 before it", { frontend: add, answer: ["HTTP/1.1 100 Continue\r\nX: y\r\n\r\n", WHOLE] }),
  one("a tunnel", {
    frontend: add,
    asked: get("/", "Connection: Upgrade", "Upgrade: own"),
    answer: ["HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: own\r\n\r\nhello"],
  }),
  one("an answer of a rule", { frontend: "http-response return status 200 content-type text/plain string abc" }),
];
