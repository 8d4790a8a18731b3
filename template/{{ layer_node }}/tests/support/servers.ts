/** The servers that tests run against: TEST_DATABASE_URL, else DATABASE_URL, else development's. */

function urlOf(name: string, usual: string): string {
  return process.env[`TEST_${name}`] || process.env[name] || usual;
}

export const DATABASE_SERVER = urlOf(
  "DATABASE_URL",
  "postgresql://app:change-me@127.0.0.1:5432/app",
);
export const REDIS_SERVER = urlOf("REDIS_URL", "redis://127.0.0.1:6379/0");

/** The same server's database of this name. */
export function databaseUrl(name: string): string {
  const url = new URL(DATABASE_SERVER);
  url.pathname = `/${name}`;
  return url.href;
}
