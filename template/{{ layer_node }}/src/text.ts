/** Rules for text that people type. Lengths are in code points, as PostgreSQL counts them. */

export const EMAIL_MAX = 254;
// Printable ASCII on both sides of one "@": what every mail server on the way agrees on.
const EMAIL = /^[!-?A-~]+@[!-?A-~]+$/;

export function codePoints(value: string): number {
  let count = 0;
  for (const _ of value) count += 1;
  return count;
}

/** Cheap for long text that is far within its limit. */
export function longerThan(value: string, limit: number): boolean {
  return value.length > limit && codePoints(value) > limit;
}

export function shorterThan(value: string, limit: number): boolean {
  return value.length < 2 * limit && codePoints(value) < limit;
}

export const isBlank = (value: string): boolean => value.trim() === "";

export const isEmail = (value: string): boolean => EMAIL.test(value);
