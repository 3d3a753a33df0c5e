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

function global(...lines: string[]): OracleCase[] {
  return lines.map((line) => ({
    name: `global: ${line}`,
    text: `global\n ${line}\n${TIMEOUTS}listen l\n bind :8001\n server s 127.0.0.1:80\n`,
  }));
}

function differs(why: string, list: OracleCase[]): OracleCase[] {
  return list.map((one) => ({ ...one, differs: why }));
}

/** An http backend in which a program checks the servers. */
function external(global: string, lines: string): OracleCase {
  const text = `global\n ${global}\n${TIMEOUTS} mode http\nlisten l\n bind :8001\n ${lines}\n server s 127.0.0.1:80 check\n`;
  return { name: `external check: ${global}: ${lines}`, text };
}

const ALLOWED = "external-check\n insecure-fork-wanted";

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
  ...listen(
    "max-session-srv-conns",
    "max-session-srv-conns 0",
    "max-session-srv-conns -1",
    "max-session-srv-conns 5x",
    "max-session-srv-conns 5 x",
    "mode http\n option idle-close-on-response",
    "mode http\n option idle-close-on-response x",
    "mode http\n no option idle-close-on-response",
  ),
  ...side("backend", "max-session-srv-conns 5", "mode http\n option idle-close-on-response"),
  ...global(
    "default-path",
    "default-path zork",
    "default-path origin",
    "default-path origin /nonexistent",
    "default-path origin @DIR@",
    "default-path config more",
    "default-path current",
    "default-path parent",
    "no default-path config",
    "zero-warning",
    "zero-warning x",
    "zero-warning\nlisten no-timeouts\n bind :8002\n server s 127.0.0.1:80",
    "grace",
    "grace 10",
    "grace 5x",
    "grace 5s more",
    "close-spread-time",
    "close-spread-time infinite",
    "close-spread-time 5s more",
    "close-spread-time x",
    "max-spread-checks",
    "max-spread-checks 5s",
    "max-spread-checks 0",
    "max-spread-checks x",
    "max-spread-checks 5s 6",
    "unix-bind",
    "unix-bind prefix",
    "unix-bind prefix /tmp",
    "unix-bind mode 600",
    "unix-bind zork",
    "unix-bind user nosuch",
    "unix-bind uid 5 gid 6 group daemon user root",
    "pp2-never-send-local",
    "pp2-never-send-local x",
    "h1-accept-payload-with-any-method",
    "h1-accept-payload-with-any-method x",
  ),
  ...differs("HAProxy reads a number without digits as 0, and digits that are not octal too", [
    ...global("unix-bind uid x", "unix-bind mode 999"),
    ...listen("max-session-srv-conns x"),
  ]),
  ...global(
    "tune.http.cookielen",
    "tune.http.cookielen 5",
    "tune.http.cookielen 5 6",
    "tune.http.cookielen 5x",
    "tune.lua.forced-yield 5",
    "tune.lua.forced-yield x",
    "tune.lua.maxmem 5",
    "tune.lua.maxmem x",
    "tune.lua.session-timeout 5s",
    "tune.lua.service-timeout x",
    "tune.lua.task-timeout 5s",
    "tune.peers.max-updates-at-once 5",
    "tune.peers.max-updates-at-once x",
  ),
  ...differs("it came with HAProxy 2.7", global("tune.disable-fast-forward", "tune.stick-counters 3")),
  external("nbthread 1", "option external-check\n external-check command /bin/true"),
  external("external-check", "option external-check\n external-check command /bin/true"),
  ...[
    "option external-check",
    "option external-check\n external-check command /bin/true",
    "option external-check\n external-check command /bin/true x",
    "option external-check x\n external-check command /bin/true",
    "option external-check\n external-check command true",
    "option external-check\n external-check command true\n external-check path /bin",
    "option external-check\n option tcp-check\n external-check command true",
    "option httpchk\n option external-check",
    "option external-check\n option httpchk",
    "external-check command true",
    "external-check path",
    "external-check command",
    "external-check",
    "external-check zork",
    "no option external-check",
  ].map((lines) => external(ALLOWED, lines)),
  ...global(
    "external-check x",
    "insecure-fork-wanted x",
    "no insecure-fork-wanted",
    "insecure-setuid-wanted",
    "insecure-setuid-wanted x",
    "no set-dumpable",
    "set-dumpable",
    "set-dumpable x",
  ),
  ...side("frontend", "external-check command /bin/true"),
  ...differs(
    "HAProxy asks for the command of a frontend, which checks nothing",
    side("frontend", "option external-check"),
  ),
  ...[
    "socks4",
    "socks4 127.0.0.1",
    "socks4 127.0.0.1:1080",
    "socks4 localhost:1080",
    "socks4 [::1]:1080",
    "socks4 /tmp/x",
    "socks4 127.0.0.1:0",
    "socks4 127.0.0.1:+1",
    "socks4 127.0.0.1:1-5",
    "check-via-socks4",
    "check socks4 127.0.0.1:1080 check-via-socks4",
    "namespace",
    "namespace nosuch",
    "namespace a/b",
  ].flatMap((text) => [...listen(`server t 127.0.0.1:80 ${text}`), ...listen(`default-server ${text}`)]),
  ...differs("the client's namespace is not followed yet", listen("server t 127.0.0.1:80 namespace *")),
  ...["level admin", "level zork", "level", "severity-output number", "severity-output zork"].flatMap(parameters),
  ...["expose-fd listeners", "expose-fd zork", "expose-fd", "backlog 5", "maxconn 5", "name x"].flatMap(parameters),
];

/** Of a socket of traffic, and of one of the runtime API. */
function parameters(text: string): OracleCase[] {
  return [
    {
      name: `bind: ${text}`,
      text: `${TIMEOUTS}listen l\n bind :8001 ${text}\n server s 127.0.0.1:80\n`,
    },
    ...global(`stats socket /tmp/none.sock ${text}`),
  ];
}
