"""The names of what makes shards, for flags: no Beam, numba or TensorFlow."""

# By the names that --runner takes: those that Beam knows them by. Beam's
# DirectRunner would first try Prism, a program that it fetches from the
# internet, and leave folders behind where there is none; then it is this one.
# That of Dask has no short name.
BEAM_RUNNERS = {
  "direct": "FnApiRunner",
  "dask": "apache_beam.runners.dask.dask_runner.DaskRunner",
  "flink": "FlinkRunner",
  "dataflow": "DataflowRunner",
  "beam": "",  # the one that --beam_options names
}
LOCAL = "local"
SPARK = "spark"
NAMES = (LOCAL, SPARK, *BEAM_RUNNERS)
