# A server of exports: docs/serving.md. Build the wheel first:
#   python -m build --wheel && docker build --tag bert_tf .
FROM python:3.11-slim

RUN useradd --create-home --uid 1000 server
WORKDIR /home/server

COPY requirements.txt dist/bert_tf-*.whl /tmp/install/
# The versions that are tested, without the packages that serving does not use.
RUN grep -Ev '^(keras-nlp|tensorflow-addons)' /tmp/install/requirements.txt \
      > /tmp/install/constraints.txt \
    && wheel="$(ls /tmp/install/bert_tf-*.whl)" \
    && pip install --no-cache-dir --constraint /tmp/install/constraints.txt \
      "${wheel}[serve]" \
    && rm -r /tmp/install

USER 1000
EXPOSE 8500 8501
# Version folders of a model: docker run --volume=$PWD/models/mrpc:/models/mrpc
ENV TF_CPP_MIN_LOG_LEVEL=2
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/readyz', timeout=4)"]
ENTRYPOINT ["bert_tf", "serve", "--host=0.0.0.0"]
CMD ["--saved_model=/models/model"]
