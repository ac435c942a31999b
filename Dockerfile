# The site in one image: web process by default; `flask worker`, `flask db upgrade` and the other commands by name.
#
#   docker build -t countersign .
#
# The code belongs to root and the process to nobody in particular: it can write below INSTANCE_PATH and /tmp, and the
# image runs with a root file system that is read only. No compiler, no package manager's cache, no settings in it.

ARG PYTHON=3.11-slim-bookworm

FROM python:${PYTHON} AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN ["python", "-m", "venv", "/opt/venv"]
COPY requirements.txt /tmp/requirements.txt
# Wheels only: what would have to be built would run its own code here, and need a compiler.
RUN ["/opt/venv/bin/pip", "install", "--quiet", "--require-hashes", "--no-deps", "--only-binary=:all:", "--requirement", "/tmp/requirements.txt"]
RUN ["/opt/venv/bin/pip", "uninstall", "--quiet", "--yes", "pip", "setuptools"]

FROM python:${PYTHON} AS site
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    APP_ENV=production \
    INSTANCE_PATH=/var/lib/countersign
RUN ["useradd", "--uid", "10001", "--user-group", "--no-create-home", "--home-dir", "/var/lib/countersign", "--shell", "/usr/sbin/nologin", "countersign"]
RUN ["install", "--directory", "--owner=10001", "--group=10001", "--mode=0700", "/var/lib/countersign"]
COPY --from=packages /opt/venv /opt/venv
WORKDIR /srv/countersign
COPY . .
# Nothing can be compiled at the first start, where nothing can be written.
RUN ["python", "-m", "compileall", "-q", "."]
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
# Of the web process. Whoever runs another command turns it off (compose.yaml does).
HEALTHCHECK --interval=30s --timeout=6s --start-period=40s --retries=3 CMD ["python", "deploy/healthcheck.py"]
CMD ["gunicorn", "--bind=0.0.0.0:8000", "app:create_app()"]
