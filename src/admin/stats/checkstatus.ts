/** Results of health checks as the statistics show them. */
export { CheckStatus, checkStatusInfo, hasCode, isFinished } from "../../check/status.ts";
