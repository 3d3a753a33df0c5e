/** The HTTP cache: what is stored, what is served from it, and how that looks in answers, logs and to the servers. */
import { get } from "../../build.ts";
import type { Scenario } from "../../scenario.ts";
import { scenario, twice, OBJECT } from "./tools.ts";
import { responses, requests, changes } from "./messages.ts";
import { places } from "./places.ts";
import { objects } from "./objects.ts";
import { runtime } from "./runtime.ts";

export const cache: readonly Scenario[] = [
  ...responses.map(([name, text]) => scenario({ name: `response with ${name}`, answer: text, requests: twice })),
  ...requests.map(([name, text]) =>
    scenario({ name: `request with ${name}`, answer: OBJECT, requests: [get("/x"), text, get("/x")] }),
  ),
  ...["Cache-Control: no-store", "Cache-Control: no-cache", "Pragma: no-cache", "Authorization: Basic YTpi"].map(
    (line) =>
      scenario({
        name: `first request with ${line}`,
        answer: OBJECT,
        requests: [get("/x", line), get("/x"), get("/x")],
      }),
  ),
  ...changes,
  ...places,
  ...objects,
  ...runtime,
];
