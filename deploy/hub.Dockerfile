# The hub of compose.yaml. Build from the project's folder after `make wheel`: the wheels carry the built page.
FROM python:3.13-slim
COPY requirements/run.txt dist/*.whl /tmp/wheels/
RUN pip install --no-cache-dir --root-user-action ignore --require-hashes -r /tmp/wheels/run.txt \
 && pip install --no-cache-dir --root-user-action ignore --no-deps /tmp/wheels/*.whl \
 && rm -r /tmp/wheels \
 && useradd --uid 10001 --no-create-home --home-dir /var/lib/runhere runhere \
 && install -d -o runhere -m 0700 /var/lib/runhere
COPY deploy/compose.toml /etc/runhere/runhere.toml
USER runhere
EXPOSE 8800
CMD ["runhere", "serve", "--config", "/etc/runhere/runhere.toml"]
