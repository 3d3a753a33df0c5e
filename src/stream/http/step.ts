/** Where an exchange waits between its analysers, in their order. Below `backResponse` it is on its way to a server. */
export const Step = {
  /** It does not wait. */
  none: 0,
  /** `option http-buffer-request` of the frontend. */
  frontBody: 1,
  frontRules: 2,
  backBody: 3,
  backRules: 4,
  /** Held until `timeout tarpit` has passed. */
  tarpit: 5,
  backResponse: 6,
  frontResponse: 7,
} as const;
