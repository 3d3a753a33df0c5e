/** Greatest common divisor; that of 0 and b is b. */
export function gcd(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b];
  return a;
}
