"""Uses the whole interface through the wrapper, and causes every error that a Python program can cause."""

import ctypes
import gc
import os
import pickle
import re
import threading
import time
import tracemalloc
from ctypes import c_double, c_int32, c_int64, c_size_t, c_uint32, c_uint64

import identifai
from identifai import AUDIO, IMAGE, VIDEO, Client, IdentifaiError, Options

ID = "8d64370a"
CAT, CLIP = "https://example.com/cat.jpg", "https://example.com/clip.mp4"
GIF = b"GIF89a..."


def check(condition):
    # Not an assert statement, which -O disables.
    if not condition:
        raise AssertionError


def options_at(key, url, **more):
    return Options(key, base_url=url, no_rate_limit=(), retries=0, **more)


def sandbox():
    return options_at(os.environ["IDENTIFAI_API_KEY"], os.environ["IDENTIFAI_BASE_URL"])


def failing_server(failure, scheme="http"):
    return f"{scheme}://{os.environ['FAILING_SERVER']}/{failure}"


def must_fail(kind, call, *arguments):
    try:
        call(*arguments)
    except IdentifaiError as error:
        if error.kind != kind:
            raise
        check("\n" not in str(error) and "s3cret" not in str(error))
        return error
    raise AssertionError(f"no error instead of {kind}")


def must_raise(kind, call, *arguments):
    try:
        call(*arguments)
    except kind as exception:
        return exception
    raise AssertionError(f"not raised: {kind}")


def declarations_match_header():
    with open(os.path.join(os.path.dirname(__file__), "../../include/identifai.h"), encoding="utf-8") as file:
        header = file.read()
    for name, number in re.findall(r"#define IDENTIFAI_(\w+) (-?\d+)$", header, re.M):
        check(getattr(identifai, name, int(number)) == int(number))
    check(identifai.VERSION == re.search(r'IDENTIFAI_VERSION "(.*)"', header).group(1))

    of_c = {"int32_t": c_int32, "uint32_t": c_uint32, "int64_t": c_int64, "uint64_t": c_uint64}
    of_c.update({"size_t": c_size_t, "double": c_double})
    declared = set()
    for returned, name, taken in re.findall(r"^(\w[\w ]*[ *])(identifai_\w+)\(([^)]*)\);", header, re.M):
        function = getattr(identifai._library, name)
        types = [of_c.get(it if "*" in it else " ".join(it.split()[:-1])) for it in taken.split(",")]
        types = [] if taken == "void" else types
        check(types == [kind if kind in of_c.values() else None for kind in function.argtypes])
        check(of_c.get(returned.strip()) == (function.restype if function.restype in of_c.values() else None))
        declared.add(name)
    check(len(declared) > 50 and declared == {name for name in vars(identifai._library) if name[:10] == "identifai_"})


def classify_without_a_client():
    with Options.from_env(no_rate_limit=()) as options:
        identifier = identifai.classify_from_url(options, CAT)
        check(len(identifier) == 64)
        check(identifai.classify_from_url(options, CAT) == identifier)


def submit_wait_and_read():
    seen = []
    opts = Options(ref_id="order-17", with_heatmap=True, with_nsfw=True)
    opts.on_progress(lambda sent, total: seen.append((sent, total)))
    # The options keep the progress function alive.
    gc.collect()
    with Client(sandbox()) as client:
        identifier = client.submit_file(IMAGE, os.environ["IMAGE"], opts)
        check(len(seen) > 1 and all(sent <= total for sent, total in seen))
        with client.wait(IMAGE, identifier) as report:
            check(report.identifier == identifier)
            check(report.state == identifai.STATE_DONE and report.finished == 1)
            check(report.ref_id == "order-17" and report.name == "capi-image.png")
            check(report.nsfw in (0, 1) and report.has_heatmap == 1)
            check(report.errors is None)
            check(identifier in report.json)
            check(report.verdict_count >= 1)
            check(report.verdict(0)[2] is not None)
            check(report.verdict(1000)[2] is None)
            verdict, confidence, _ = report.verdict()
            check(confidence >= 0.5 and report.verdict(-2)[1] < 0)
            check(client.heatmap(identifier).startswith(b"\x89PNG"))
            check(client.credits()[0] > 0 and client.credits()[1] >= 1 and client.health() == identifai.HEALTH_OK)

            # An override takes the hash of the file.
            check(verdict == report.classification)
            other = identifai.ARTIFICIAL if verdict == identifai.HUMAN else identifai.HUMAN
            client.override_verdict(IMAGE, report.hash, other)
        with client.result(IMAGE, identifier) as report:
            check(report.classification == other and report.verdict()[0] == verdict)

        # A file in memory, with the same options: first cancelled by the progress function, then without one.
        opts.on_progress(lambda sent, total: False)
        check(must_fail("cancelled", client.submit_bytes, IMAGE, GIF, opts).may_have_been_sent == 0)
        opts.on_progress(None)
        check(client.submit_bytes(IMAGE, GIF, opts))
        check(client.submit_bytes(IMAGE, memoryview(GIF), opts))

        # By URL: an image and a video.
        with client.wait(IMAGE, client.submit_url(IMAGE, "https://sandbox.test/c2pa.jpg")) as report:
            check(report.classification == identifai.ARTIFICIAL)
            print(report.summary)
        opts = Options(frames=10, key_frames_method=identifai.KEY_FRAMES_FLOW)
        with client.wait(VIDEO, client.submit_url(VIDEO, CLIP, opts)) as report:
            check(report.has_heatmap == -1 and '"images"' in report.json)


def bytes_are_not_copied():
    size = 4_000_000
    client = Client(sandbox())
    for file in (GIF + bytes(size), bytearray(GIF + bytes(size))):
        tracemalloc.start()
        client.submit_bytes(IMAGE, file)
        check(tracemalloc.get_traced_memory()[1] < size / 10)
        tracemalloc.stop()
    # The buffer is not locked after the call.
    file.append(0)


def exceptions_of_progress():
    """The submit that called a progress function raises its exception, once. No other call does."""
    client = Client(sandbox())
    opts = Options()

    def fail(sent, total):
        raise LookupError(threading.get_ident())

    opts.on_progress(fail)
    right = []

    def submit():
        for _ in range(20):
            raised = must_raise(LookupError, client.submit_bytes, IMAGE, GIF, opts)
            right.append(raised.args == (threading.get_ident(),))
        must_fail("not_found", client.result, IMAGE, ID)
        right.append(True)

    another = threading.Thread(target=submit)
    another.start()
    submit()
    another.join()
    check(right == [True] * 42)

    # A progress function may raise an error of this library.
    opts.on_progress(lambda sent, total: client.result(AUDIO, ID))
    must_fail("not_found", client.submit_bytes, IMAGE, GIF, opts)

    # An exception that is not a subclass of Exception also ends the upload.
    def leave(sent, total):
        calls.append(sent)
        raise SystemExit

    calls = []
    must_raise(SystemExit, client.submit_file, IMAGE, os.environ["IMAGE"], opts.on_progress(leave))
    check(len(calls) == 1)


def cancel_from_another_thread():
    """Cancelling from another thread ends a running call."""
    options = options_at("s3cret", failing_server("pending"), wait_timeout_ms=60_000, wait_initial_interval_ms=60_000)
    client = Client(options)
    failed = []
    waiting = threading.Thread(target=lambda: failed.append(must_fail("cancelled", client.wait, IMAGE, ID)))
    start = time.monotonic()
    waiting.start()
    time.sleep(0.2)
    check(waiting.is_alive())
    client.cancel()
    waiting.join()
    check(failed[0].identifier == ID and time.monotonic() - start < 20)


def everything_is_freed_once():
    """Objects are freed when they are closed or when the last reference is gone, but not while a call is running."""
    gc.collect()
    freed = []

    def watch(kind):
        free = kind.free

        def count(pointer):
            if pointer:
                freed.append(kind.__name__)
            free(pointer)

        kind.free = staticmethod(count)
        return kind, free

    def closes(sent, total):
        client.close()
        check("client" not in freed)

    def free_bytes_too(png, length):
        freed.append("bytes")
        free_bytes(png, length)

    free_bytes, identifai._free_bytes = identifai._free_bytes, free_bytes_too
    watched = [watch(kind) for kind in (identifai._Client, identifai._Options, identifai._Report, identifai._String)]
    try:
        options = sandbox()
        client = Client(options)
        options.close()
        options.close()
        must_raise(ctypes.ArgumentError, Client, options)
        identifier = client.submit_url(IMAGE, CAT, Options(with_heatmap=True))
        check(freed == ["options", "string", "options"])
        report = client.wait(IMAGE, identifier)
        del report
        check(client.heatmap(identifier))
        check(freed[3:] == ["report", "bytes"])
        check(client.submit_bytes(IMAGE, GIF, Options().on_progress(closes)))
        gc.collect()
        check(sorted(freed[5:]) == ["client", "options", "string"])
    finally:
        identifai._free_bytes = free_bytes
        for kind, free in watched:
            kind.free = staticmethod(free)


def submit_to(key, url, file_url, kind):
    """Submits an image to a service that rejects it or fails."""
    with options_at(key, url, timeout_ms=300 if kind == "timeout" else 60_000) as options:
        return must_fail(kind, identifai.classify_from_url, options, file_url)


def submit(file_url, kind):
    return submit_to("sandbox", os.environ["IDENTIFAI_BASE_URL"], file_url, kind)


def submit_to_failing(failure, kind, scheme="http"):
    return submit_to("s3cret", failing_server(failure, scheme), CAT, kind)


def errors_of_submits():
    error = submit("cat.jpg", "invalid_input")
    check(str(error).startswith("file_url: ") and error.code == 1)
    check(error.status == 0 and error.retry_after_ms == -1 and error.identifier is None)
    submit_to("s3cret", "ftp://example.com", CAT, "config")
    error = submit_to("s3cret", "http://127.0.0.1:1", CAT, "connect")
    check(error.retryable == 1 and error.may_have_been_sent == 0)
    submit_to_failing("", "tls", "https")
    error = submit_to_failing("stuck", "timeout")
    check(error.retryable == 0 and error.may_have_been_sent == 1)
    check(submit_to_failing("gone", "disconnected").may_have_been_sent == 1)
    check(submit_to_failing("redirect", "redirect").status == 302)
    check(submit_to("s3cret", os.environ["IDENTIFAI_BASE_URL"], CAT, "unauthorized").status == 401)
    submit("https://sandbox.test/forbidden.jpg", "forbidden")
    check(submit("https://sandbox.test/unsupported.txt", "rejected").status == 400)
    submit("https://sandbox.test/no-credits.jpg", "out_of_credits")
    error = submit("https://sandbox.test/rate-limited.jpg", "rate_limited")
    check(error.retryable == 1 and error.retry_after_ms == 1000)
    # Errors can be pickled, for example to pass them to another process.
    check(vars(pickle.loads(pickle.dumps(error))) == vars(error))
    check("down" in str(submit_to_failing("server", "server")))
    submit_to_failing("html", "unexpected_response")


def errors_of_options(client):
    """An option that the medium does not have, and an option whose setter fails, until it succeeds."""
    opts = Options(frames=10)
    check(str(must_fail("invalid_input", client.submit_file, IMAGE, os.environ["IMAGE"], opts)).startswith("frames: "))
    why = "frames: must be 5, 10 or 30"
    check(str(must_fail("invalid_input", lambda: opts.set(frames=11))) == why)
    check(str(must_fail("invalid_input", client.submit_url, VIDEO, CLIP, opts)) == why)
    check(client.submit_url(VIDEO, CLIP, opts.set(frames=5)))
    check(str(must_fail("invalid_input", Client, opts)) == "api_key: must not be NULL")
    # The proxy has two setters. Either one replaces the failure of the other.
    options = Options("s3cret")
    must_fail("invalid_input", lambda: options.set(proxy=None))
    Client(options.set(no_proxy=()))
    must_raise(ctypes.ArgumentError, client.submit_url, IMAGE, CAT + "\0?more")
    opts.close()
    must_raise(ctypes.ArgumentError, client.submit_url, VIDEO, CLIP, opts)


def errors_of_clients():
    client = Client(sandbox())
    must_fail("not_found", client.result, AUDIO, ID)
    must_fail("not_found", client.heatmap, ID)
    must_fail("invalid_input", client.override_verdict, IMAGE, ID, 7)
    must_fail("invalid_input", client.result, 4, ID)
    errors_of_options(client)

    identifier = client.submit_url(IMAGE, "https://sandbox.test/errored.jpg")
    check(must_fail("analysis_failed", client.wait, IMAGE, identifier).identifier == identifier)
    with client.result(IMAGE, identifier) as report:
        check(report.state == identifai.STATE_ERRORED and report.errors is not None)

    client.cancel()
    must_fail("cancelled", client.result, IMAGE, ID)

    client = Client(sandbox().set(base_url=failing_server("pending"), wait_timeout_ms=50))
    error = must_fail("wait_timed_out", client.wait, IMAGE, ID)
    check(error.identifier == ID and error.retryable == 1)
    with client.result(IMAGE, ID) as report:
        check(report.state == identifai.STATE_PENDING and report.finished == 0)
        check(report.classification == identifai.UNCLASSIFIED)


declarations_match_header()
classify_without_a_client()
submit_wait_and_read()
bytes_are_not_copied()
exceptions_of_progress()
cancel_from_another_thread()
everything_is_freed_once()
errors_of_submits()
errors_of_clients()
