/** The three letters of a field in the typed format, and their names in JSON. */
const origins: Readonly<Record<string, string>> = {
  M: "Metric",
  S: "Status",
  K: "Key",
  C: "Config",
  P: "Product",
};

const natures: Readonly<Record<string, string>> = {
  G: "Gauge",
  L: "Limit",
  m: "Min",
  M: "Max",
  R: "Rate",
  C: "Counter",
  D: "Duration",
  A: "Age",
  T: "Time",
  N: "Name",
  O: "Output",
  a: "Avg",
};

const scopes: Readonly<Record<string, string>> = { C: "Cluster", P: "Process", S: "Service", Y: "System" };

export function jsonTags(tags: string): { origin: string; nature: string; scope: string } {
  return {
    origin: origins[tags.charAt(0)] ?? "Unknown",
    nature: natures[tags.charAt(1)] ?? "Unknown",
    scope: scopes[tags.charAt(2)] ?? "Unknown",
  };
}
