/**
 * Persistence by cookie (manual, keyword `cookie`): which server a request asks for, and what becomes of the cookie in the request
 * and in the response. Works on heads and their edits alone; the stream keeps the state of one exchange in a `Persistence`.
 */
export { decodeDate, encodeDate } from "./cookie-date.ts";
export { requestCookies } from "./cookie-request.ts";
export { insertCookie, mustInsert, responseCookies } from "./cookie-response.ts";
export { CookieRules } from "./cookie-rules.ts";
export { ClientCookie, Persistence, ServerCookie } from "./cookie-state.ts";
