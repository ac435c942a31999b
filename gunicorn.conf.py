"""What gunicorn reads by itself when started here: `gunicorn 'app:create_app()'`.

Address and number of processes are the operator's: `--bind` (or PORT) and `--workers` (or WEB_CONCURRENCY).
"""

# Threads, since a streamed export holds one for minutes while other visitors go on. Six downloads and the eight of
# PASSWORDS_IN_HAND leave ten for pages.
worker_class = "gthread"
threads = 24

# Paths of password resets and invitations hold their token: the site writes its own log without them.
accesslog = None

# One file in the home folder for every gunicorn of a user: two sites would meet there.
control_socket_disable = True
