"""Celery's settings, shared by the Django app and by the fetch worker that runs without Django.

The values come from measurements of Celery 5.7 chords under faults; the reason stands beside each one.
"""

from __future__ import annotations

from typing import Any

from oracle_project import env, redis_transport
from oracle_project.redis_clients import redis_url

redis_transport.install()

CONNECT_WITHIN_S = 2.0

broker_url = env.text("CELERY_BROKER_URL") or redis_url()
result_backend = f"oracle_project.results:Backend+{redis_url()}"

broker_transport_options: dict[str, Any]
if broker_url.startswith("amqp"):
    # A publish that the broker did not take must raise, so that the round's caller hears of it.
    broker_transport_options = {"confirm_publish": True}
    task_default_queue_type = "quorum"
    worker_detect_quorum_queues = True
else:
    # Redelivery after a killed worker: sweep every second instead of kombu's ~100 s. The visibility timeout must
    # exceed three times the longest task, or a slow task runs twice.
    broker_transport_options = {
        "visibility_timeout": 60,
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": CONNECT_WITHIN_S,
        "socket_keepalive": True,
    }

# One try to connect for a message: kombu's own loop sleeps 2 s and 4 s below every publish, also one that is not to be
# retried. Who wants several tries has them from the publish policy; workers reconnect by a loop of their own.
broker_transport_options["max_retries"] = 0
broker_connection_timeout = CONNECT_WITHIN_S
broker_pool_limit = 10  # None reconnects at every publish: +67 % producer CPU
broker_connection_retry_on_startup = True
result_backend_always_retry = True
result_backend_max_retries = 20  # "always" is otherwise for ever
result_backend_thread_safe = True  # one backend a process, not one a thread
result_expires = 300
redis_socket_timeout = 5
task_ignore_result = True  # chord headers too: the Redis join carries the value itself, and the crash window closes
task_acks_late = True
task_reject_on_worker_lost = True
worker_deduplicate_successful_tasks = False  # it acks work whose join never happened
task_track_started = False
worker_send_task_events = True  # Flower shows every task
worker_consumer = "oracle_project.consumer:Consumer"  # and learns of it in batches
task_send_sent_event = False
worker_prefetch_multiplier = 1
worker_hijack_root_logger = False
task_serializer = "json"
result_serializer = "json"
accept_content = ["json"]
task_default_queue = "settle"
timezone = "UTC"
enable_utc = True
task_create_missing_queues = True

# Pools by nature: fetch waits on sockets, settle writes, chain keeps the order of nonces.
task_routes = {
    "rounds.fetch_lane": {"queue": "fetch"},
    "submissions.*": {"queue": "chain"},
    "*": {"queue": "settle"},
}
