/**
 * Codes of warnings HAProxy does not have, about what is good there: 'zero-warning' and -dW, which refuse to start, do not
 * count them. A certificate that runs out one day must not keep a service from coming back that night.
 */
export const OWN_WARNINGS: ReadonlySet<string> = new Set([
  "config/duplicate-bind",
  "config/no-effect",
  "config/no-listener",
  "tls/expired",
  "tls/expires-soon",
  "tls/not-yet-valid",
]);
