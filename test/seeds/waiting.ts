/** What the snippets of the seeds still lack: keywords as messages name them, by snippet (number of the file, line). */

/** Keywords of HAProxy 2.6 that wait for a later issue. A row goes when its keyword comes. */
export const waiting: Readonly<Record<string, readonly string[]>> = {
  "000:118": ["peers", "stick-table ... peers"],
  "001:237": ["stats"],
  "001:782": ["stats"],
  "002:136": ["stats"],
  "002:143": ["prometheus-exporter"],
  "003:247": ["stats", "prometheus-exporter"],
  "003:370": ["prometheus-exporter", "stats"],
};

/** Lines that HAProxy 2.6 refuses as well: of other versions, or in the wrong section. */
export const refused: Readonly<Record<string, readonly string[]>> = {
  "000:145": ["http-check expect"],
  "000:179": ["ssl-default-bind-options"],
  "003:259": ["numa-cpuset"],
  "003:282": ["ssl-reuse"],
};
