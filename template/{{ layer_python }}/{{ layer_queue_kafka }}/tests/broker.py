"""The real broker that the tests of the transport use."""

from tests.conftest import service_url

BROKER = service_url("BROKER_URL", "kafka://127.0.0.1:9092")
