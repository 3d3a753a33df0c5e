/** When each counter of a tracked entry goes up: every place that tracks, under every kind of traffic. */
import type { Scenario } from "../../scenario.ts";
import { PROBE } from "./tables.ts";
import { server, type Traffic } from "./traffic.ts";
import { ofMessages } from "./messages.ts";
import { ofClients } from "./clients.ts";
import { ofServers, ofOthers } from "./servers.ts";

export interface Place {
  readonly name: string;
  readonly defaults?: string;
  readonly frontend?: string;
  readonly backend?: string;
}

const places: readonly Place[] = [
  { name: "connection", frontend: "tcp-request connection track-sc0 src table {@tab}" },
  { name: "session", frontend: "tcp-request session track-sc0 src table {@tab}" },
  { name: "content", frontend: "tcp-request content track-sc0 src table {@tab}" },
  { name: "request", frontend: "http-request track-sc0 src table {@tab}" },
  { name: "backend's content", backend: "tcp-request content track-sc0 src table {@tab}" },
  { name: "backend's request", backend: "http-request track-sc0 src table {@tab}" },
  { name: "response", frontend: "http-response track-sc0 src table {@tab}" },
  {
    name: "connection and request, other counters",
    frontend:
      "tcp-request connection track-sc0 src table {@tab}\nhttp-request track-sc1 src table {@tab}\nhttp-request track-sc2 src table {@tab}",
  },
  {
    name: "connection and request, the same counter",
    frontend: "tcp-request connection track-sc0 src table {@tab}\nhttp-request track-sc0 src table {@tab}",
  },
];

const traffic: readonly Traffic[] = [...ofMessages, ...ofClients, ...ofServers, ...ofOthers];

function scenario(place: Place, kind: Traffic): Scenario {
  return {
    name: `counters: ${place.name}: ${kind.name}`,
    config: `
defaults
    mode http
    timeout connect 1s
    timeout client 3s
    timeout server 3s
    ${[place.defaults, kind.defaults].filter((line) => line !== undefined).join("\n    ")}
frontend fe
    bind 127.0.0.1:{fe}
    ${place.frontend ?? ""}
    ${kind.rules ?? ""}
    default_backend be
backend be
    ${place.backend ?? ""}
    ${kind.backendRules ?? ""}
    server s1 127.0.0.1:{s1}
${PROBE}`,
    servers: kind.server === null ? {} : { s1: kind.server ?? server },
    compare: { received: false, clientClose: "closed", ...kind.compare },
    client: kind.client,
  };
}

/** Of these two places all kinds of traffic, of the others what they may see otherwise. */
const THOROUGH = ["connection", "request"];
const TYPICAL = [
  "three requests",
  "answers of the server",
  "answers of rules",
  "refused by the backend",
  "refused responses",
  "tarpit",
  "malformed behind a good one",
  "leaves in the body",
  "no server",
  "server ends at once",
  "three connections at a time",
  "h2",
];

export const counters: readonly Scenario[] = places.flatMap((place) =>
  traffic
    .filter(({ name }) => THOROUGH.includes(place.name) || TYPICAL.includes(name))
    .map((kind) => scenario(place, kind)),
);
