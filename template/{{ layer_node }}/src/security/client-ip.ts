/** Who is calling, seen through the proxies that we run ourselves. */

import { BlockList, isIP, SocketAddress } from "node:net";

/**
 * The caller's address: the socket's peer, or the n-th X-Forwarded-For entry from the right.
 *
 * Entries further left are the caller's own words and are never believed.
 */
export function clientIp(
  peer: string,
  forwardedFor: string | undefined,
  trustedHops: number,
): string {
  if (trustedHops === 0 || !forwardedFor) return peer;
  const hops = forwardedFor.split(",").map((hop) => hop.trim());
  const address = hops.at(-Math.min(trustedHops, hops.length)) ?? "";
  return isIP(address) ? address : peer;
}

const mapped = new BlockList();
mapped.addSubnet("::ffff:0:0", 96, "ipv6");

/** One budget per IPv4 address, and one per IPv6 /64: whoever has one has all of it. */
export function rateLimitKey(ip: string): string {
  if (isIP(ip) !== 6) return ip;
  const groups = expand(ip);
  if (mapped.check(ip, "ipv6")) {
    const [high = 0, low = 0] = groups.slice(6).map((group) => Number.parseInt(group, 16));
    return [high >> 8, high & 255, low >> 8, low & 255].join(".");
  }
  return new SocketAddress({ address: `${groups.slice(0, 4).join(":")}::`, family: "ipv6" })
    .address;
}

/** Eight groups of hexadecimal digits. */
function expand(ip: string): string[] {
  const plain = ip.replace(/%.*$/, "").replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    const pair = (high: string, low: string) => (Number(high) * 256 + Number(low)).toString(16);
    return `${pair(a, b)}:${pair(c, d)}`;
  });
  const [head = "", tail] = plain.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array<string>(zeros).fill("0"), ...right];
}
