"""The C interface of identifai in Python 3.8 or later. Copy it, change it as you like; what identifai.h says, holds.

with Client(Options.from_env()) as client:
    identifier = client.submit_url(IMAGE, "https://example.com/cat.jpg")
    print(client.wait(IMAGE, identifier).summary)

What fails raises IdentifaiError; an object that is closed, or a text with a NUL in it, ctypes.ArgumentError.
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
    raise ImportError("no libidentifai was found, and LIBRARY does not say where it is")
_library = ctypes.CDLL(_path)
_thrown = threading.local()  # By a progress function: any number of threads may submit with the same options.


class IdentifaiError(Exception):
    """Why a call failed. It has all the fields of identifai_error, such as `kind` and `retry_after_ms`."""


class _Text:
    @staticmethod
    def from_param(text):
        encoded = None if text is None else text.encode()
        if encoded and b"\0" in encoded:
            raise ValueError("a text with a NUL in it, at which C would cut it off")
        return c_char_p(encoded)


def _function(name, returned, *taken):
    function = getattr(_library, "identifai_" + name)
    function.restype, function.argtypes = returned, taken
    if returned is c_char_p:
        function.errcheck = lambda lent, *_: None if lent is None else lent.decode()
    return function


def _functions(prefix, names, *types):
    return {name: _function(prefix + name, *types) for name in names.split()}


def _owned(name):
    """A pointer to what was handed over. It is freed with the last reference, and each call under way has one."""
    free = _function(name + "_free", None, c_void_p)
    return type(name, (c_void_p,), {"free": staticmethod(free), "__del__": lambda self: self.free(self)})


_Error, _Options, _Client, _Report, _String = map(_owned, ("error", "options", "client", "report", "string"))
_ERROR = {
    **_functions("error_", "message kind identifier body", c_char_p, _Error),
    **_functions("error_", "code status retryable may_have_been_sent", c_int32, _Error),
    **_functions("error_", "retry_after_ms", c_int64, _Error),
}


def _verb(name, made, *taken):
    """A function that can fail. It returns what the one of the library hands over, which has the types in `made`."""
    function = _function(name, c_int32, *taken, *map(POINTER, made), POINTER(_Error))

    def verb(*arguments):
        error, results = _Error(), [kind() for kind in made]
        code = function(*arguments, *map(byref, results), byref(error))
        thrown = vars(_thrown).pop("exception", None)
        if thrown is not None and code != 0:
            raise thrown
        if code != 0:
            exception = IdentifaiError(_ERROR["message"](error))
            vars(exception).update((field, read(error)) for field, read in _ERROR.items())
            raise exception
        return [ctypes.string_at(result).decode() if isinstance(result, _String) else result for result in results]

    return verb


class _Object:
    """Passes for its pointer, until it is closed."""

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
    _new = _function("options_new", _Options, _Text)
    _from_env = _function("options_from_env", _Options)
    _Progress = ctypes.CFUNCTYPE(c_int32, c_uint64, c_uint64, c_void_p)
    _setters = {
        name: _function("options_set_" + name, c_int32, _Options, *types)
        for names, *types in [
            ("base_url proxy root_certificates user_agent ref_id webhook_url file_name", _Text),
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
        made = cls()
        made._owned = cls._from_env()
        return made.set(**options)

    def set(self, **options):
        """Sets by the names of the header, as in `set(ref_id="order-17", rate_limit=(30, 60), no_proxy=())`."""
        for name, value in options.items():
            arguments = value if isinstance(value, tuple) else (value,)
            self._setters[name](self, *arguments)
            _check(self)  # A setter does not say why it failed.
        return self

    def on_progress(self, function):
        """Has uploads call a function of the bytes sent and their total. One ends if it returns False or raises."""

        def see(sent, total, _):
            try:
                return function(sent, total) is False
            except BaseException as exception:
                _thrown.exception = exception
                return 1

        callback = self._Progress(see) if function else self._Progress()
        self.set(progress=(callback, None))
        self._owned.progress = callback  # The library knows its address for as long as there are these options.
        return self


class Report(_Object):
    """What came of a submission. It has all the fields of identifai_report, such as `classification` and `summary`."""

    _verdict = [
        _function("report_verdict_classification", c_int32, _Report, c_int32),
        _function("report_verdict_confidence", c_double, _Report, c_int32),
        _function("report_verdict_heuristic", c_char_p, _Report, c_int32),
    ]

    def verdict(self, number=MAIN_VERDICT):
        """Its classification, confidence and heuristic."""
        return tuple(read(self, number) for read in self._verdict)


for _name, _read in {
    **_functions("report_", "identifier summary json hash name ref_id result_url errors", c_char_p, _Report),
    **_functions("report_", "state finished classification verdict_count nsfw has_heatmap", c_int32, _Report),
}.items():
    setattr(Report, _name, property(_read))

VERSION = _function("version", c_char_p)()
_free_bytes = _function("bytes_free", None, c_void_p, c_size_t)
_check = _verb("options_check", [], _Options)
_client_new = _verb("client_new", [_Client], _Options)
_classify_from_url = _verb("classify_from_url", [_String], _Options, _Text)
_submit_url = _verb("submit_url", [_String], _Client, c_int32, _Text, _Options)
_submit_file = _verb("submit_file", [_String], _Client, c_int32, _Text, _Options)
_submit_bytes = _verb("submit_bytes", [_String], _Client, c_int32, c_void_p, c_size_t, _Options)
_result = _verb("result", [_Report], _Client, c_int32, _Text)
_wait = _verb("wait", [_Report], _Client, c_int32, _Text)
_heatmap = _verb("heatmap", [c_void_p, c_size_t], _Client, _Text)
_override = _verb("override", [], _Client, c_int32, _Text, c_int32)
_credits = _verb("credits", [c_double, c_double], _Client)
_health = _verb("health", [c_int32], _Client)
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
        """`file` is anything with bytes. They are copied here only if they are read-only and no `bytes`."""
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
        """How many are left, and how many were spent, or -1."""
        return tuple(number.value for number in _credits(self))

    def health(self):
        """One of HEALTH_OK, HEALTH_DEGRADED and HEALTH_OTHER."""
        return _health(self)[0].value

    def cancel(self):
        """From any thread."""
        _cancel(self)
