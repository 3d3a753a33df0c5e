import type { OracleCase } from "./oracle.cases.ts";

/** Lines of a backend of its own, beside tables of several types. */
function backend(...lines: string[]): OracleCase[] {
  return lines.map((line) => ({
    name: `backend: ${line.replaceAll("\n", "; ")}`,
    text: configOf(line, "", "http"),
  }));
}

function frontend(...lines: string[]): OracleCase[] {
  return lines.map((line) => ({ name: `frontend: ${line}`, text: configOf("", line, "http") }));
}

function tcp(...lines: string[]): OracleCase[] {
  return lines.map((line) => ({ name: `mode tcp: ${line}`, text: configOf(line, "", "tcp") }));
}

function configOf(back: string, front: string, mode: string): string {
  const table = (type: string): string => `backend ${type}\n stick-table type ${type} size 1k\n`;
  return (
    `defaults\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n mode ${mode}\n` +
    `frontend f\n bind :8001\n default_backend b\n ${front}\n` +
    `backend b\n server s 127.0.0.1:80\n ${back.replaceAll("\n", "\n ")}\n` +
    ["ip", "ipv6", "integer", "string", "binary"].map(table).join("")
  );
}

const fetches = [
  "src",
  "path",
  "hdr(x)",
  "req.cook(a)",
  "src_port",
  "bin(00)",
  "bool(1)",
  "ssl_fc",
  "method",
  "base32",
  "req.body",
  "dst",
  "res.hdr(x)",
  "status",
];
const types = ["ip", "ipv6", "integer", "string", "binary"];

export const stickCases: readonly OracleCase[] = [
  ...backend(
    "stick",
    "stick zork",
    "stick zork src",
    "stick On src table ip",
    "stick on",
    "stick on src",
    "stick on src table",
    "stick on src table nosuch",
    "stick on src table f",
    "stick on src table b",
    "stick on src table ip zork",
    "stick on src zork",
    "stick on src table ip table ip",
    "stick on src table ip if TRUE",
    "stick on src table ip unless { path /a }",
    "stick on src if TRUE table ip",
    "stick on src table ip if nosuch",
    "stick on zork table ip",
    "stick on src,zork table ip",
    "stick on src,ipmask(24) table ip",
    "stick on src,ipmask(24,64) table ipv6",
    "stick on src,lower table string",
    "stick on 'hdr(x),lower' table string",
    "stick store src table ip",
    "stick-table type ip size 1k\nstick on src",
    "stick on src\nstick-table type ip size 1k",
    "stick-table type ip size 1k store server_id\nstick on src",
    "no stick on src table ip",
    "stick store-response req.hdr(x) table string",
    "stick store-response res.hdr(x) table string if { status 200 }",
    "stick store-response res.cook(x) table string unless { res.hdr(a) b }",
    "disabled\nstick on src table nosuch",
    "disabled\nstick on zork",
    "force-persist",
    "force-persist TRUE",
    "force-persist if TRUE",
    "force-persist unless { src 127.0.0.1 }",
    "force-persist if nosuch",
    "ignore-persist",
    "ignore-persist if { path /a }",
    "ignore-persist zork",
    "no ignore-persist if TRUE",
    "server t 127.0.0.1:81 non-stick",
    "server t 127.0.0.1:81 stick",
    "default-server non-stick",
    "default-server stick",
  ),
  ...types.flatMap((type) => backend(...fetches.map((fetch) => `stick match ${fetch} table ${type}`))),
  ...types.flatMap((type) =>
    backend(
      ...["src", "res.hdr(x)", "status", "res.body"].map((fetch) => `stick store-response ${fetch} table ${type}`),
    ),
  ),
  ...frontend(
    "stick",
    "stick on zork",
    "stick on src",
    "stick on src table ip",
    "force-persist if TRUE",
    "force-persist",
    "ignore-persist if nosuch",
  ),
  ...tcp(
    "stick on src table ip",
    "stick on req.payload(0,4) table binary",
    "stick on req.payload_lv(43,1) table binary if { req.ssl_hello_type 1 }",
    "stick store-response res.payload_lv(43,1) table binary",
    "stick on rdp_cookie(mstshash) table string",
    "stick on path table string",
  ),
  {
    name: "defaults: stick",
    text: `defaults\n mode http\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n stick on src\nlisten l\n bind :8001\n`,
  },
  {
    name: "defaults: force-persist",
    text: `defaults x\n mode http\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n force-persist if TRUE\nlisten l\n bind :8001\n`,
  },
];
