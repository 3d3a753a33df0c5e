/** Settings of a line each: see OracleCase. */
import type { OracleCase } from "./oracle.cases.ts";

const TIMEOUTS = "defaults\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n";

function listen(...lines: string[]): OracleCase[] {
  return lines.map((line) => ({
    name: `listen: ${line}`,
    text: `${TIMEOUTS}listen l\n bind :8001\n ${line}\n server s 127.0.0.1:80\n`,
  }));
}

function side(kind: "frontend" | "backend", ...lines: string[]): OracleCase[] {
  return lines.map((line) => ({
    name: `${kind}: ${line}`,
    text: `${TIMEOUTS}listen l\n bind :8001\n server s 127.0.0.1:80\n${kind} x\n ${kind === "frontend" ? "bind :8002\n " : ""}${line}\n`,
  }));
}

export const settingCases: readonly OracleCase[] = [
  ...listen(
    "clitcpka-cnt 5",
    "clitcpka-cnt 5 more",
    "clitcpka-cnt -3",
    "clitcpka-cnt 0",
    "clitcpka-cnt 1000",
    "clitcpka-cnt 5x",
    "clitcpka-cnt",
    "no clitcpka-cnt 5",
    "clitcpka-idle 10",
    "clitcpka-idle 1500ms more",
    "clitcpka-idle 1h",
    "clitcpka-idle",
    "clitcpka-idle x",
    "clitcpka-idle 99999d",
    "clitcpka-intvl 7s",
    "clitcpka-intvl 7x",
    "srvtcpka-cnt 9",
    "srvtcpka-cnt abc",
    "srvtcpka-idle 2m",
    "srvtcpka-idle 2w",
    "srvtcpka-intvl 1",
    "srvtcpka-intvl",
  ),
  ...side("backend", "clitcpka-cnt 5", "clitcpka-idle x", "srvtcpka-intvl 5"),
  ...side("frontend", "srvtcpka-cnt 5", "srvtcpka-idle 5", "clitcpka-intvl 5"),
];
