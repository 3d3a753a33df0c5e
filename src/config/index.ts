/** From configuration files to the model. */
export { type ParseEnv, systemEnv } from "./env.ts";
export { type LoadOptions, type LoadResult, loadConfig, loadText } from "./load.ts";
export { type KeywordInfo, keywordTables, type TableInfo } from "./keywords/index.ts";
export { parseConfig } from "./parse.ts";
