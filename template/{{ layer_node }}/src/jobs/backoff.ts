/** How long a failed job rests before it is tried again. */

const MAX_DOUBLINGS = 62;

/**
 * Seconds until the next try after `attempts` failures: doubling, bounded, with jitter.
 *
 * The jitter (half to one and a half times) keeps jobs that failed together from coming back
 * together.
 */
export function retryDelay(attempts: number, base: number, longest: number): number {
  const delay = Math.min(base * 2 ** Math.min(attempts - 1, MAX_DOUBLINGS), longest);
  return delay * (0.5 + Math.random());
}
