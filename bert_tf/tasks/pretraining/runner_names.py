"""The names of what makes shards, for flags: no Beam, numba or TensorFlow."""

# By the names that --runner takes: those that Beam knows them by. Beam's
# DirectRunner would first try Prism, a program that it fetches from the
# internet, and leave folders behind where there is none; then it is this one.
BEAM_RUNNERS = {
  "direct": "FnApiRunner",
  "flink": "FlinkRunner",
  "spark": "SparkRunner",
  "dataflow": "DataflowRunner",
}
LOCAL = "local"
NAMES = (LOCAL, *BEAM_RUNNERS)
