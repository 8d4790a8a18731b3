"""Breakages of the way from a job's row through a broker to a worker."""

from __future__ import annotations

from functools import partial

from tests.mutations.mutation import Mutation

APP = "src/app/jobs"
VARIANTS = frozenset({"broker"})

_Mutation = partial(Mutation, variants=VARIANTS)

MUTATIONS: list[Mutation] = [
    # Publish before commit, in the end: the request needs the broker.
    _Mutation("sign-up-asks-the-broker", "JOBS-05", "src/app/services/accounts.py",
              "            await self._jobs.enqueue(conn, types.SEND_VERIFICATION_EMAIL, user.id)",
              "            __import__('redis').Redis.from_url(\n"
              "                __import__('os').environ['BROKER_URL']\n"
              "            ).ping()\n"
              "            await self._jobs.enqueue(conn, types.SEND_VERIFICATION_EMAIL, user.id)",
              check="broker stopped"),
    _Mutation("relay-dies-with-the-broker", "JOBS-05", f"{APP}/relay.py",
              "            except BrokerUnavailable as error:\n",
              "            except BrokerUnavailable as error:\n                raise\n",
              check="broker stopped"),
    _Mutation("relay-sees-new-rows-only", "JOBS-05", f"{APP}/relay.py",
              "(status = 'queued' AND run_at <= now())",
              "(status = 'queued' AND run_at BETWEEN now() - interval '2 s' AND now())",
              check="broker stopped"),
    # A message that is lost is lost for good.
    _Mutation("announced-once-for-all", "JOBS-05", f"{APP}/relay.py",
              "            self._announced.clear()\n        fresh = self._announced.select("
              '(row["id"], row["attempts"]) for row in due)',
              '        fresh = [(row["id"], row["attempts"]) for row in due]\n'
              "        fresh = [job for job in fresh if job not in self._announced._known]",
              check="empty"),
    # An acknowledged message is all there is: what a killed worker had in hand is gone.
    _Mutation("lost-with-its-worker", "JOBS-06", f"{APP}/relay.py",
              " OR (status = 'running' AND locked_until < now())", "", check="kill"),
    _Mutation("finished-jobs-run-again", "JOBS-05", f"{APP}/claims.py",
              "((status = 'queued' AND run_at <= now())", "((status <> 'dead')",
              check="delivered again"),
]  # fmt: skip
