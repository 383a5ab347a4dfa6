from bert_tf.tasks.vectors import settings, vector_writers


def test_flags_name_all_formats():
  assert set(settings.OUTPUT_FORMATS) == set(vector_writers.FORMATS)
