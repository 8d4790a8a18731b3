/** The broker that tests run against, unless TEST_BROKER_URL or BROKER_URL names another. */
export const USUAL_BROKER = "amqp://app:change-me@127.0.0.1:5672/";
