"""Pipes the partitions of a PySpark RDD through `identifai batch -`.

spark_batch.py LIST JOURNALS [OPTION...]: a file with a URL a line, a directory for journals, and options of the program,
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
# The first line names the journal: a second try of a partition, and the next run, go on there. What may have been submitted
# when a try was killed is submitted again, which the service answers from its cache. Items that were refused (2, 3) or could
# not be analysed (6) are rows like any other; after anything else the partition is tried again.
SCRIPT = """
read journal
identifai batch --journal "$journal" --retry-indeterminate "$@" -
status=$?
case $status in 2|3|6) status=0 ;; esac
exit $status
"""

with open(sys.argv[1]) as lines:
    urls = [line.strip() for line in lines if line.strip()]
journals = os.path.abspath(sys.argv[2])
os.makedirs(journals, exist_ok=True)

# Two at a time, which share the rate of the key; up to three tries.
conf = SparkConf().setMaster("local[2,3]").setAppName("identifai").set("spark.ui.showConsoleProgress", "false")
spark = SparkContext(conf=conf)
named = spark.parallelize(urls, PARTITIONS).mapPartitionsWithIndex(
    lambda number, lines: chain([f"{journals}/{number}-of-{PARTITIONS}.journal"], lines)
)
command = shlex.join(["sh", "-c", SCRIPT, "sh", *sys.argv[3:]])
items = named.pipe(command, env=dict(os.environ), checkCode=True).map(json.loads).collect()
spark.stop()

results = [item["error"]["kind"] if "error" in item else item["verdict"]["classification"] for item in items]
for result, count in Counter(results).most_common():
    print(f"{count:5} {result}")
# What concerns the whole account is no row like any other, and nothing may be missing.
if {"unauthorized", "forbidden", "out_of_credits"} & set(results):
    sys.exit("the service refuses the account")
if sorted(item["input"] for item in items) != sorted(urls):
    sys.exit("not every line came back")
