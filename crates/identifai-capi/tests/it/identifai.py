"""A wrapper of identifai.h for Python 3.8 or later. Copy this file into your project and change it as needed.

The rules in identifai.h also apply here.

with Client(Options.from_env()) as client:
    identifier = client.submit_url(IMAGE, "https://example.com/cat.jpg")
    print(client.wait(IMAGE, identifier).summary)

A call that fails raises IdentifaiError. An object that is closed, or a string that contains NUL, raises
ctypes.ArgumentError.
"""

import ctypes.util
import os
import threading
from ctypes import POINTER, byref, c_char, c_char_p, c_double, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p

IMAGE, VIDEO, AUDIO = 1, 2, 3
UNCLASSIFIED, HUMAN, ARTIFICIAL, OTHER_CLASSIFICATION = 0, 1, 2, 3
STATE_PENDING, STATE_DONE, STATE_ERRORED, STATE_OTHER = 1, 2, 3, 4
HEALTH_OK, HEALTH_DEGRADED, HEALTH_OTHER = 1, 2, 3
KEY_FRAMES_IFRAMES, KEY_FRAMES_FLOW, KEY_FRAMES_COLOR = 1, 2, 3
MAIN_VERDICT = -1

_path = os.environ.get("LIBRARY") or ctypes.util.find_library("identifai")
if not _path:
    raise ImportError("libidentifai not found; set LIBRARY to its path")
_library = ctypes.CDLL(_path)
# The exception of a progress function. It is per thread, because several threads may submit with the same options.
_thrown = threading.local()


class IdentifaiError(Exception):
    """A failed call. It has all fields of identifai_error as attributes, such as `kind` and `retry_after_ms`."""


class _Utf8:
    @staticmethod
    def from_param(value):
        encoded = None if value is None else value.encode()
        if encoded and b"\0" in encoded:
            raise ValueError("string contains NUL, where C would cut it off")
        return c_char_p(encoded)


def _function(name, returned, *taken):
    function = getattr(_library, "identifai_" + name)
    function.restype, function.argtypes = returned, taken
    if returned is c_char_p:
        function.errcheck = lambda value, *_: None if value is None else value.decode()
    return function


def _functions(prefix, names, *types):
    return {name: _function(prefix + name, *types) for name in names.split()}


def _owned(name):
    """Returns a class for pointers that Python owns.

    The object is freed with the last reference. A running call holds a reference.
    """
    free = _function(name + "_free", None, c_void_p)
    return type(name, (c_void_p,), {"free": staticmethod(free), "__del__": lambda self: self.free(self)})


_Error, _Options, _Client, _Report, _String = map(_owned, ("error", "options", "client", "report", "string"))
_ERROR = {
    **_functions("error_", "message kind identifier body", c_char_p, _Error),
    **_functions("error_", "code status retryable may_have_been_sent", c_int32, _Error),
    **_functions("error_", "retry_after_ms", c_int64, _Error),
}


def _checked(name, result_types, *taken):
    """Returns a function that calls the C function `name` and raises its errors.

    It returns a list of the results, which have the types in `result_types`.
    """
    function = _function(name, c_int32, *taken, *map(POINTER, result_types), POINTER(_Error))

    def checked(*arguments):
        error, results = _Error(), [kind() for kind in result_types]
        code = function(*arguments, *map(byref, results), byref(error))
        thrown = vars(_thrown).pop("exception", None)
        if thrown is not None and code != 0:
            raise thrown
        if code != 0:
            exception = IdentifaiError(_ERROR["message"](error))
            vars(exception).update((field, read(error)) for field, read in _ERROR.items())
            raise exception
        return [ctypes.string_at(result).decode() if isinstance(result, _String) else result for result in results]

    return checked


class _Object:
    """An object that can be passed to C as its pointer, until it is closed."""

    def __init__(self, owned):
        self._owned = owned

    @property
    def _as_parameter_(self):
        if self._owned is None:
            raise ValueError(f"this {type(self).__name__} is closed")
        return self._owned

    def close(self):
        self._owned = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Options(_Object):
    _new = _function("options_new", _Options, _Utf8)
    _from_env = _function("options_from_env", _Options)
    _Progress = ctypes.CFUNCTYPE(c_int32, c_uint64, c_uint64, c_void_p)
    _setters = {
        name: _function("options_set_" + name, c_int32, _Options, *types)
        for names, *types in [
            ("base_url proxy root_certificates user_agent ref_id webhook_url file_name", _Utf8),
            ("timeout_ms connect_timeout_ms wait_timeout_ms wait_initial_interval_ms wait_max_interval_ms", c_uint64),
            ("response_limit max_size", c_uint64),
            ("allow_http resend_if_unknown no_cache with_morphing with_tampering with_heatmap with_nsfw", c_int32),
            ("prevent_c2pa_forces frames key_frames key_frames_method any_format", c_int32),
            ("retries", c_uint32),
            ("rate_limit", c_uint32, c_uint32),
            ("wait_growth", c_double),
            ("no_proxy no_rate_limit",),
            ("progress", _Progress, c_void_p),
        ]
        for name in names.split()
    }

    def __init__(self, api_key=None, **options):
        super().__init__(Options._new(api_key))
        self.set(**options)

    @classmethod
    def from_env(cls, **options):
        created = cls()
        created._owned = cls._from_env()
        return created.set(**options)

    def set(self, **options):
        """Sets options by their names in the header: `set(ref_id="order-17", rate_limit=(30, 60), no_proxy=())`."""
        for name, value in options.items():
            arguments = value if isinstance(value, tuple) else (value,)
            self._setters[name](self, *arguments)
            _check(self)  # Raises if the setter failed.
        return self

    def on_progress(self, function):
        """Sets a function that uploads call with the bytes sent and the total.

        If it returns False or raises, the upload is cancelled.
        """

        def call(sent, total, _):
            try:
                return function(sent, total) is False
            except BaseException as exception:
                _thrown.exception = exception
                return 1

        callback = self._Progress(call) if function else self._Progress()
        self.set(progress=(callback, None))
        self._owned.progress = callback  # Keeps it alive: the library has its address as long as these options exist.
        return self


class Report(_Object):
    """A report. It has all fields of identifai_report as properties, such as `classification` and `summary`."""

    _verdict = [
        _function("report_verdict_classification", c_int32, _Report, c_int32),
        _function("report_verdict_confidence", c_double, _Report, c_int32),
        _function("report_verdict_heuristic", c_char_p, _Report, c_int32),
    ]

    def verdict(self, number=MAIN_VERDICT):
        """Returns the classification, confidence and heuristic of a verdict."""
        return tuple(read(self, number) for read in self._verdict)


for _name, _read in {
    **_functions("report_", "identifier summary json hash name ref_id result_url errors", c_char_p, _Report),
    **_functions("report_", "state finished classification verdict_count nsfw has_heatmap", c_int32, _Report),
}.items():
    setattr(Report, _name, property(_read))

VERSION = _function("version", c_char_p)()
_free_bytes = _function("bytes_free", None, c_void_p, c_size_t)
_check = _checked("options_check", [], _Options)
_client_new = _checked("client_new", [_Client], _Options)
_classify_from_url = _checked("classify_from_url", [_String], _Options, _Utf8)
_submit_url = _checked("submit_url", [_String], _Client, c_int32, _Utf8, _Options)
_submit_file = _checked("submit_file", [_String], _Client, c_int32, _Utf8, _Options)
_submit_bytes = _checked("submit_bytes", [_String], _Client, c_int32, c_void_p, c_size_t, _Options)
_result = _checked("result", [_Report], _Client, c_int32, _Utf8)
_wait = _checked("wait", [_Report], _Client, c_int32, _Utf8)
_heatmap = _checked("heatmap", [c_void_p, c_size_t], _Client, _Utf8)
_override = _checked("override", [], _Client, c_int32, _Utf8, c_int32)
_credits = _checked("credits", [c_double, c_double], _Client)
_health = _checked("health", [c_int32], _Client)
_cancel = _function("cancel", c_int32, _Client)


def classify_from_url(options, url):
    return _classify_from_url(options, url)[0]


class Client(_Object):
    def __init__(self, options):
        super().__init__(*_client_new(options))

    def submit_url(self, medium, url, options=None):
        return _submit_url(self, medium, url, options)[0]

    def submit_file(self, medium, path, options=None):
        return _submit_file(self, medium, os.fsdecode(path), options)[0]

    def submit_bytes(self, medium, file, options=None):
        """Submits a bytes-like object. Only a read-only one that is not `bytes` is copied in Python."""
        if not isinstance(file, bytes):
            view = memoryview(file).cast("B")
            file = bytes(view) if view.readonly else (c_char * len(view)).from_buffer(view)
        return _submit_bytes(self, medium, file, len(file), options)[0]

    def result(self, medium, identifier):
        return Report(*_result(self, medium, identifier))

    def wait(self, medium, identifier):
        return Report(*_wait(self, medium, identifier))

    def heatmap(self, identifier):
        png, length = _heatmap(self, identifier)
        try:
            return ctypes.string_at(png, length.value)
        finally:
            _free_bytes(png, length)

    def override_verdict(self, medium, hash, classification):
        _override(self, medium, hash, classification)

    def credits(self):
        """Returns the number of credits left, and the number of credits spent, which is -1 if it is not known."""
        return tuple(number.value for number in _credits(self))

    def health(self):
        """Returns one of HEALTH_OK, HEALTH_DEGRADED and HEALTH_OTHER."""
        return _health(self)[0].value

    def cancel(self):
        """Cancels the running calls of this client, and all later ones. May be called from any thread."""
        _cancel(self)
