import type { OracleCase } from "./oracle.cases.ts";

const DEFAULTS = `defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
`;
const WEB = `frontend f
    bind 127.0.0.1:25001
    default_backend b
`;
const BACK = `backend b
    server s 127.0.0.1:1
`;

/** Lines of a backend that are ignored there, and checked all the same. */
const ignored = [
  "use_backend b",
  "use_backend b if TRUE",
  "use_backend c",
  "use_backend none",
  "use_backend %[str(none)]",
  "default_backend b",
  "default_backend c",
  "default_backend none",
  "bind 127.0.0.1:25002",
  "bind 127.0.0.1:25002 ssl",
  "bind 127.0.0.1:25002 ssl strict-sni",
  "bind 127.0.0.1:25002 zork",
  "bind 127.0.0.1:25002 ssl crt /nowhere",
  "disabled\n    bind 127.0.0.1:25002 ssl",
  "disabled\n    default_backend b",
  "disabled\n    use_backend b",
  "disabled\n    default_backend none",
  "tcp-request content switch-mode http",
  "tcp-request content switch-mode http proto h1",
  "mode tcp\n    tcp-request content switch-mode http if TRUE",
  "disabled\n    tcp-request content switch-mode http",
];

const option = ["option tcpka", "no option tcpka", "no option clitcpka", "no option srvtcpka"];

/** Sections of their own. */
const sections = [
  "listen l\n    bind 127.0.0.1:25001\n    use_backend l\n",
  "listen l\n    bind 127.0.0.1:25001\n    use_backend l if TRUE\n",
  "listen l\n    bind 127.0.0.1:25001\n    default_backend l\n",
  "frontend l\n    bind 127.0.0.1:25001\n    default_backend l\nbackend l\n    server s 127.0.0.1:1\n",
  "frontend l\n    bind 127.0.0.1:25001 ssl\n    default_backend b\n",
  "listen l\n    bind 127.0.0.1:25001 ssl\n",
  "listen l\n    disabled\n    bind 127.0.0.1:25001 ssl\n",
  "listen l\n    disabled\n    bind 127.0.0.1:25001 ssl strict-sni\n",
  ...["", "default_backend b", "use_backend b if TRUE"].map(
    (line) =>
      `listen l\n    mode tcp\n    bind 127.0.0.1:25001\n    server s 127.0.0.1:1\n    tcp-request content switch-mode http\n    ${line}\n`,
  ),
  "defaults d\n    mode tcp\n    tcp-request content switch-mode http\ndefaults\nbackend d from d\n    server s 127.0.0.1:1\n",
];

export const sideCases: readonly OracleCase[] = [
  ...ignored.map((line) => ({
    name: `in a backend: ${line}`,
    text: `${DEFAULTS}${WEB}${BACK}    ${line}\nbackend c\n    server s 127.0.0.1:1\n`,
  })),
  ...["frontend", "backend"].flatMap((side) =>
    option.map((line) => ({
      name: `in a ${side}: ${line}`,
      text: side === "frontend" ? `${DEFAULTS}${WEB}    ${line}\n${BACK}` : `${DEFAULTS}${WEB}${BACK}    ${line}\n`,
    })),
  ),
  ...sections.map((text) => ({ name: text, text: `${DEFAULTS}${WEB.replace("25001", "25003")}${BACK}${text}` })),
];
