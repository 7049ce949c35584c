"""Pipes the partitions of a PySpark RDD through `identifai batch -`.

Usage: spark_batch.py LIST JOURNALS [OPTION...]

LIST is a file with one URL per line, and JOURNALS is a directory for the journals. Options are passed to `identifai batch`.
The program reads the API key from IDENTIFAI_API_KEY and the URL of the service from IDENTIFAI_BASE_URL.
"""

import json
import os
import shlex
import sys
from collections import Counter
from itertools import chain

from pyspark import SparkConf, SparkContext

PARTITIONS = 4
# The first line of a partition is the path of its journal. A retry of the partition, and the next run, continue this journal.
# With --retry-indeterminate, a submit is repeated if a killed attempt may have sent it. The service answers it from its cache.
# Refused items (exit status 2 and 3) and failed analyses (6) are normal rows. After any other status, Spark retries the
# partition.
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

# Two partitions run in parallel and share the rate limit of the key. Each has up to three attempts.
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
# These errors concern the whole account, not a single row.
if {"unauthorized", "forbidden", "out_of_credits"} & set(results):
    sys.exit("the service rejected the API key or the account")
if sorted(item["input"] for item in items) != sorted(urls):
    sys.exit("some lines have no result")
