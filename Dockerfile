# The desk in a container: build with `docker build -t cashdesk .`, run it with DATABASE_URL, SECRET_KEY,
# CASHDESK_PROOF_KEY and ALLOWED_HOSTS set (docs/settings.md), behind a proxy that speaks TLS.

FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /opt/venv
COPY requirements.txt /build/requirements.txt
RUN /opt/venv/bin/pip install --require-hashes --only-binary=:all: -r /build/requirements.txt
COPY . /srv/cashdesk
WORKDIR /srv/cashdesk
# The settings ask for keys; these are made for this one command and are nowhere in the image.
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(48))')" \
    CASHDESK_PROOF_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(48))')" \
    DATABASE_URL=sqlite://:memory: \
    /opt/venv/bin/python manage.py collectstatic --noinput \
    && /opt/venv/bin/python -m compileall -q .

FROM python:3.11-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 BIND_HOST=0.0.0.0 PORT=8000
RUN groupadd --system --gid 10001 cashdesk && useradd --system --uid 10001 --gid cashdesk --no-create-home \
    --home-dir /nonexistent --shell /usr/sbin/nologin cashdesk
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/cashdesk /srv/cashdesk
WORKDIR /srv/cashdesk
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-m", "cashdesk.healthcheck"]
CMD ["gunicorn", "--config", "cashdesk/gunicorn.py", "cashdesk.wsgi"]
