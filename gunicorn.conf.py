"""What gunicorn reads by itself when started here: `gunicorn 'app:create_app()'`.

Address and number of processes are the operator's: `--bind` (or PORT) and `--workers` (or WEB_CONCURRENCY).
"""

import ctypes
from contextlib import suppress

# glibc gives threads heaps of their own, up to eight a processor, and each keeps what it once needed: with 24 threads a
# web process held 214 MiB after half an hour in place of 161. Two heaps are enough where one thread runs at a time.
# (Other systems' libraries have no such function, and no such heaps.)
_M_ARENA_MAX = -8
with suppress(AttributeError, OSError):
    ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)

# Threads, since a streamed export holds one for minutes while other visitors go on. Six downloads and twice the eight
# of PASSWORDS_IN_HAND (at the very most) leave two for pages, ten as a rule.
worker_class = "gthread"
threads = 24

# Paths of password resets and invitations hold their token: the site writes its own log without them.
accesslog = None

# One file in the home folder for every gunicorn of a user: two sites would meet there.
control_socket_disable = True
