# One image for every process of the Procfile; which one runs is the command's business:
#   docker run -e DATABASE_URL=... -e REDIS_URL=... -e AIRTABLE_TOKEN=... -v ./hub.toml:/hub/hub.toml:ro IMAGE
#   docker run ... IMAGE hub worker
# The web process is reached from outside the container, so it asks for HUB_ACCESS_TOKEN.
FROM python:3.13-slim

WORKDIR /hub
# Dependencies before code: they change less often. Each file is checked against its hash.
COPY requirements.lock pyproject.toml README.md LICENSE ./
COPY .ci/uv.txt .ci/uv.txt
RUN python -m venv .venv && .venv/bin/pip install --no-cache-dir --require-hashes -r .ci/uv.txt
ENV PATH=/hub/.venv/bin:$PATH VIRTUAL_ENV=/hub/.venv PYTHONUNBUFFERED=1 UV_NO_CACHE=1
COPY . .
# The lock's versions, without the development tools.
RUN uv pip install --constraint requirements.lock --build-constraint requirements.lock -e . \
    && useradd --create-home --home-dir /var/lib/hub hub
USER hub
ENV HUB_HOME=/var/lib/hub PORT=8000 UVICORN_HOST=0.0.0.0
EXPOSE 8000
HEALTHCHECK --start-period=30s CMD python -c "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health')"
CMD ["hub", "up"]
