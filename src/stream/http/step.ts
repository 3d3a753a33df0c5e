/** Where an exchange waits between its analysers, in their order. Below `responseContent` it is on its way to a server. */
export const Step = {
  /** It does not wait. */
  none: 0,
  /** `tcp-request content` of the frontend. */
  frontContent: 1,
  /** `option http-buffer-request` of the frontend. */
  frontBody: 2,
  frontRules: 3,
  backContent: 4,
  backBody: 5,
  backRules: 6,
  /** Held until `timeout tarpit` has passed. */
  tarpit: 7,
  /** `tcp-response content`. */
  responseContent: 8,
  backResponse: 9,
  frontResponse: 10,
} as const;
