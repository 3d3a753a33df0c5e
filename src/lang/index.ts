/** The front end of the configuration language: text to lines of words, with positions and findings. */
export { type ConditionResult, evalCondition } from "./condition.ts";
export { type Diagnostic, Diagnostics, type Severity } from "./diagnostic.ts";
export { initialEnvironment } from "./environment.ts";
export { featureList, features, haproxyBranch, haproxyVersion } from "./features.ts";
export { lexLine, MAX_WORDS } from "./lexer.ts";
export type { Line, Word } from "./line.ts";
export type { Position } from "./position.ts";
export { ConfigReader, readConfig, type ReadOptions, readText } from "./reader.ts";
export { isSectionKeyword, sectionKeywords } from "./sections.ts";
export { didYouMean, editDistance, suggest } from "./suggest.ts";
export { haproxyMessage, renderHaproxy, renderJson, renderText, SourceLines } from "./render.ts";
export { type Variables, variable } from "./environment.ts";
