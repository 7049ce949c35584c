"""Pipes the partitions of a PySpark RDD through `identifai batch -`.

spark_batch.py URLS JOURNALS [OPTION...]: a file with a URL a line, a directory for journals, and options of the program,
which finds its key in IDENTIFAI_API_KEY and the service in IDENTIFAI_BASE_URL.
"""

import json
import os
import shlex
import sys
from collections import Counter
from itertools import chain

from pyspark import SparkConf, SparkContext

PARTITIONS = 4
# The first line says which partition it is, and so which journal: a second try, and the next run, go on there. What the
# service refused (3) or could not analyse (6) is a row like any other; everything else is tried again.
SCRIPT = """
read number journals
identifai batch --journal "$journals/$number-of-4.journal" "$@" -
status=$?
case $status in 3|6) status=0 ;; esac
exit $status
"""

urls = open(sys.argv[1]).read().split()
journals = os.path.abspath(sys.argv[2])
os.makedirs(journals, exist_ok=True)

# Two at a time, which share the rate of the key; up to three tries.
conf = SparkConf().setMaster("local[2,3]").setAppName("identifai").set("spark.ui.showConsoleProgress", "false")
spark = SparkContext(conf=conf)
numbered = spark.parallelize(urls, PARTITIONS).mapPartitionsWithIndex(
    lambda number, lines: chain([f"{number} {journals}"], lines)
)
command = shlex.join(["sh", "-c", SCRIPT, "sh", *sys.argv[3:]])
items = numbered.pipe(command, env=dict(os.environ), checkCode=True).map(json.loads).collect()
spark.stop()

for item in items:
    item["result"] = item["error"]["kind"] if "error" in item else item["verdict"]["classification"]
for result, count in Counter(item["result"] for item in items).most_common():
    print(f"{count:5} {result}")
sys.exit(sorted(item["input"] for item in items) != sorted(urls))
