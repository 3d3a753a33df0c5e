/** The numbers of the language stand in lang/; this is where the readers of sections look for them. */
export * from "../lang/units.ts";
