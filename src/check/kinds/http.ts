import { hostname } from "node:os";
import type { CheckModel, GlobalModel } from "../../config/model.ts";
import { Oper, S } from "../../counters/shared.ts";
import type { Server } from "../../proxy/server.ts";
import { CheckStatus } from "../status.ts";
import type { Method, Probe, Verdict } from "../types.ts";
import { readAnswer } from "./http-answer.ts";
import { compileExpect, DEFAULT_EXPECT, type Rule } from "./http-expect.ts";
import { H2Probe } from "./http-h2.ts";
import { requestParts } from "./http-request.ts";
import { serverState } from "./server-state.ts";

type HttpCheck = Extract<CheckModel, { kind: "http" }>;

/** `option httpchk` with its `http-check` rules (manual section 4.2). */
export function httpMethod(model: HttpCheck, global: Pick<GlobalModel, "node">): Method {
  const [head, tail] = requestParts(model);
  const fixed = Buffer.from(head + tail, "latin1");
  const node = global.node ?? hostname();
  const expects = model.expects.length > 0 ? model.expects : [DEFAULT_EXPECT];
  const rules = expects.map(compileExpect);
  return {
    port: model.connectPort,
    program: null,
    script: null,
    probe(server) {
      const request = model.sendState
        ? Buffer.from(`${head}x-haproxy-server-state: ${serverState(server, node)}\r\n${tail}`, "latin1")
        : fixed;
      // By `check-proto`, else as the server is spoken to; with TLS as the handshake agrees.
      const probe = new HttpProbe(server, request, model, rules);
      const { check, proto } = server.model;
      const forced = check.proto ?? proto;
      if (forced !== null) return forced === "h2" ? new H2Probe(probe, false) : probe;
      return check.tls?.settings.alpn.includes("h2") === true ? new H2Probe(probe, true) : probe;
    },
  };
}

class HttpProbe implements Probe {
  readonly request: Buffer;
  private readonly server: Server;
  private readonly model: HttpCheck;
  private readonly rules: readonly Rule[];
  /** The rule that waits for more. */
  private step: number;

  constructor(server: Server, request: Buffer, model: HttpCheck, rules: readonly Rule[]) {
    this.request = request;
    this.server = server;
    this.model = model;
    this.rules = rules;
    this.step = 0;
  }

  get timeoutStatus(): CheckStatus {
    return this.rules[this.step]!.timeoutStatus;
  }

  read(received: Buffer, last: boolean): Verdict | null {
    const answer = readAnswer(received, this.model.method, last);
    if (answer === "wait") return null;
    if (answer === "bad") return { status: CheckStatus.l7rsp, code: 0, info: "" };
    const code = answer.status;
    // A server that is down must show more than a 404 to come back.
    if (code === 404 && this.model.disableOn404 && !this.down) {
      return { status: CheckStatus.l7okConditional, code, info: "" };
    }
    const { rules } = this;
    for (; this.step < rules.length; this.step++) {
      const verdict = rules[this.step]!.test(answer);
      if (verdict === "wait") return null;
      if (verdict !== null) return verdict;
    }
    this.step = rules.length - 1;
    return { ...rules[this.step]!.success, code };
  }

  private get down(): boolean {
    const { shared, slot } = this.server;
    return shared.getState(slot, S.oper) === Oper.stopped;
  }
}
