/** From configuration files to the model. */
export { systemEnv } from "./env.ts";
export { keywordTables } from "./keywords/index.ts";
export { parseConfig } from "./parse.ts";
