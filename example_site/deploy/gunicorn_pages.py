"""gunicorn for everything but uploads: gunicorn --config deploy/gunicorn_pages.py example_site.wsgi

The environment may say STUDIO_RUN_DIR and PAGE_WORKERS.
"""

import os

# A socket in a directory that only nginx and the site may enter.
bind = f"unix:{os.environ.get('STUDIO_RUN_DIR', '/run/studio')}/pages.sock"
umask = 0o007
# Threads, since a page waits for the database more than it computes; two processes, so that one
# that dies or is busy leaves another.
worker_class = "gthread"
workers = int(os.environ.get("PAGE_WORKERS", "2"))
threads = 8
# A killed worker is back at once, and the processes share the memory of the code.
preload_app = True
# For gthread this watches the process, not the request.
timeout = 60
graceful_timeout = 30
# Longer than nginx keeps its side open (60 s), or it would now and then speak into a closed one.
keepalive = 75
# The heartbeat file must not wait for a disk.
worker_tmp_dir = "/dev/shm"
# A new process now and then, so that no leak grows for months; not all of them at once.
max_requests = 5000
max_requests_jitter = 1000
# nginx keeps the log, with the tokens of share links left out; a second one would hold them.
accesslog = None
errorlog = "-"
# The configuration is this file; nothing has to steer a running server.
control_socket_disable = True
