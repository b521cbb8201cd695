"""gunicorn for uploads alone: gunicorn --config deploy/gunicorn_uploads.py example_site.wsgi

A service of its own, because what it waits for is the NAS: when that is slow, uploads are slow and
pages are not. nginx hands it whole chunks only, so that no thread ever waits for a client. The
environment may say STUDIO_RUN_DIR and UPLOAD_WORKERS.
"""

import os

bind = f"unix:{os.environ.get('STUDIO_RUN_DIR', '/run/studio')}/uploads.sock"
umask = 0o007
# PUMBAPHOTO["STORAGE_REQUESTS"] (6) of a process's threads may wait for the storage; the others
# answer where an upload stands.
worker_class = "gthread"
workers = int(os.environ.get("UPLOAD_WORKERS", "2"))
threads = 8
preload_app = True
timeout = 120
# A chunk that is being written is finished, and acknowledged, before a restart.
graceful_timeout = 60
keepalive = 75
worker_tmp_dir = "/dev/shm"
max_requests = 20000
max_requests_jitter = 2000
accesslog = None
errorlog = "-"
control_socket_disable = True
