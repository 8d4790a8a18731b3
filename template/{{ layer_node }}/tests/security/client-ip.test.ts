import { expect, test } from "vitest";
import { clientIp, rateLimitKey } from "../../src/security/client-ip.ts";

test("only the hops that are trusted are believed", () => {
  const forwarded = "6.6.6.6, 1.1.1.1, 2.2.2.2";
  expect(clientIp("9.9.9.9", forwarded, 0)).toBe("9.9.9.9");
  expect(clientIp("9.9.9.9", forwarded, 1)).toBe("2.2.2.2");
  expect(clientIp("9.9.9.9", forwarded, 2)).toBe("1.1.1.1");
  expect(clientIp("9.9.9.9", "nonsense", 1)).toBe("9.9.9.9");
  expect(clientIp("9.9.9.9", undefined, 1)).toBe("9.9.9.9");
});

test.each([
  ["1.2.3.4", "1.2.3.4"],
  ["::ffff:1.2.3.4", "1.2.3.4"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"],
  ["2001:db8:1:2::9", "2001:db8:1:2::"],
  ["2001:db8::1", "2001:db8::"],
  ["fe80::1%eth0", "fe80::"],
  ["unknown", "unknown"],
])("the budget of %s is that of %s", (ip, key) => {
  expect(rateLimitKey(ip)).toBe(key);
});
