# Nod in a box: `docker compose up` is `make run` (docs/operating.md).
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    NOD_VAR=/data

RUN useradd --system --create-home nod && install --directory --owner=nod /data
WORKDIR /nod

# The extra index has torch without CUDA's libraries, which nothing in the box could use. Its version
# there (+cpu) counts as the newer one of the version that requirements.txt pins.
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt \
    --extra-index-url https://download.pytorch.org/whl/cpu

COPY . .
USER nod
VOLUME /data

# Listens on the container's own loopback, which nobody outside reaches, unless told otherwise.
CMD ["python", "-m", "config.run"]
