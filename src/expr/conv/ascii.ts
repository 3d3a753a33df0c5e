/** Letter cases of the C locale: the upper half of latin1 stays as it is, which String's own methods do not offer. */
export function lowerAscii(text: string): string {
  return /[\x80-\xff]/.test(text) ? text.replace(/[A-Z]+/g, (run) => run.toLowerCase()) : text.toLowerCase();
}

export function upperAscii(text: string): string {
  return /[\x80-\xff]/.test(text) ? text.replace(/[a-z]+/g, (run) => run.toUpperCase()) : text.toUpperCase();
}
