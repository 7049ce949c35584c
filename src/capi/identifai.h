/*
 * identifai: was this image, video or voice made by a human or by a machine?
 *
 * The C interface of an unofficial, blocking client of the identifAI API (https://identifai.net). It is not made, endorsed
 * or supported by the company behind identifAI.
 *
 * Made by cbindgen from src/capi; do not edit.
 *
 * Results. A function that can fail returns an int32_t: IDENTIFAI_OK, or one of IDENTIFAI_ERROR_..., which are positive and
 * never change; new ones may be added. If its last argument is an `identifai_error **`, a call that fails writes there what
 * went wrong, as an object that you free; NULL if you do not want to know. What was there before is overwritten, not freed,
 * and left alone if the call succeeds: begin with NULL. Results go to the arguments before that, and only if the call
 * succeeds; else they are left as they were. They are overwritten and not freed, too.
 *
 * Arguments. A pointer must be NULL, or point to what its type says. Where NULL makes no sense, it is refused with
 * IDENTIFAI_ERROR_INVALID_INPUT, and nothing is sent. Strings end with a NUL and are UTF-8; what is not is refused, too.
 * They are copied: nothing that you pass needs to live longer than the call, but for the user data of a progress function.
 * Numbers for yes and no are 0 for no and anything else for yes.
 *
 * Ownership. What a function hands over is yours, to be freed once, by the function that its documentation names; that
 * takes NULL, too, and does nothing then. What is returned as `const char *` is lent by its object, and ends with it.
 *
 * Threads. A client, a report and an error may be used by any number of threads at a time, and options be read by them. Who
 * sets options or frees anything must be the only one to use it then. After a fork, parent and child may both go on.
 * Calls need 256 KiB of stack at the most.
 *
 * Not allowed: calls from a signal handler, `identifai_cancel` included, as there are locks; let it set a flag or write to a
 * pipe, and a thread cancel, as a signal by itself ends no call. `pthread_cancel` or `pthread_exit` of a thread within a call; cancel the call. `setenv` and the
 * like while calls are under way: the environment is read for the key, the base URL and proxies, and by the system's lookup.
 *
 * Nothing is printed, and no thread started but to look up a name for a new connection. No panic leaves a function, unless
 * the library was built with panic=abort. Where there is no memory left, Rust says so on standard error and aborts the
 * process. The key goes to the host of the base URL and to no other, and is in no message.
 */


#ifndef IDENTIFAI_H
#define IDENTIFAI_H

#include <stddef.h>
#include <stdint.h>

/**
 * The version of this header; that of the library is `identifai_version()`.
 */
#define IDENTIFAI_VERSION "0.1.0"
#define IDENTIFAI_VERSION_MAJOR 0
#define IDENTIFAI_VERSION_MINOR 1
#define IDENTIFAI_VERSION_PATCH 0

/**
 * The call did what it shall.
 */
#define IDENTIFAI_OK 0

/**
 * An argument or an option is unusable, a pointer is NULL or a string no UTF-8: nothing was sent. The message names
 * it.
 */
#define IDENTIFAI_ERROR_INVALID_INPUT 1

/**
 * A setting (key, base URL, proxy, ...) is unusable: nothing was sent. The message names it.
 */
#define IDENTIFAI_ERROR_CONFIG 2

/**
 * No connection: the name was not found, or nobody answered there.
 */
#define IDENTIFAI_ERROR_CONNECT 3

/**
 * No secure connection: the certificate or the handshake was refused.
 */
#define IDENTIFAI_ERROR_TLS 4

/**
 * A limit passed: the deadline of the call, or that of connecting.
 */
#define IDENTIFAI_ERROR_TIMEOUT 5

/**
 * The connection ended before the answer was complete.
 */
#define IDENTIFAI_ERROR_DISCONNECTED 6

/**
 * The service answered with a redirect (3xx), which is not followed; check the base URL.
 */
#define IDENTIFAI_ERROR_REDIRECT 7

/**
 * 401: the key is missing or not valid.
 */
#define IDENTIFAI_ERROR_UNAUTHORIZED 8

/**
 * 403: the key may not use this API, or the terms of service were not accepted.
 */
#define IDENTIFAI_ERROR_FORBIDDEN 9

/**
 * 404: no such submission, no heatmap of it, or the base URL is not the API's.
 */
#define IDENTIFAI_ERROR_NOT_FOUND 10

/**
 * Any other 4xx: wrong parameters, the file could not be downloaded, is too large or of no supported type.
 */
#define IDENTIFAI_ERROR_REJECTED 11

/**
 * The account has no credits left: a guess, as the API has no code for it.
 */
#define IDENTIFAI_ERROR_OUT_OF_CREDITS 12

/**
 * 429: more requests than the key may make; see `identifai_error_retry_after_ms`.
 */
#define IDENTIFAI_ERROR_RATE_LIMITED 13

/**
 * 5xx: the service failed.
 */
#define IDENTIFAI_ERROR_SERVER 14

/**
 * An answer that is not the API's: HTML of a proxy, no JSON, no identifier, too long.
 */
#define IDENTIFAI_ERROR_UNEXPECTED_RESPONSE 15

/**
 * The service took the submission and could not analyse it.
 */
#define IDENTIFAI_ERROR_ANALYSIS_FAILED 16

/**
 * The analysis did not end in the time that was given for waiting. It goes on; ask again later.
 */
#define IDENTIFAI_ERROR_WAIT_TIMED_OUT 17

/**
 * `identifai_cancel` was called, or the progress function ended the upload.
 */
#define IDENTIFAI_ERROR_CANCELLED 18

/**
 * Of batches, which only Rust has: their journal. No function here returns it.
 */
#define IDENTIFAI_ERROR_JOURNAL 19

/**
 * Of batches, which only Rust has: whether a submit was accepted is not known. No function here returns it.
 */
#define IDENTIFAI_ERROR_UNKNOWN_FATE 20

/**
 * A defect of this library: a panic, which was caught. Please report it. Rust has already described it on standard
 * error. The objects of the call may be freed and used as before.
 */
#define IDENTIFAI_ERROR_PANIC 1000

/**
 * `iframes`: the key frames that the video's encoder chose.
 */
#define IDENTIFAI_KEY_FRAMES_IFRAMES 1

/**
 * `flow`: key frames by movement.
 */
#define IDENTIFAI_KEY_FRAMES_FLOW 2

/**
 * `color`: key frames by colour.
 */
#define IDENTIFAI_KEY_FRAMES_COLOR 3

/**
 * An image.
 */
#define IDENTIFAI_IMAGE 1

/**
 * A video.
 */
#define IDENTIFAI_VIDEO 2

/**
 * A recording of speech.
 */
#define IDENTIFAI_AUDIO 3

/**
 * All of the service works.
 */
#define IDENTIFAI_HEALTH_OK 1

/**
 * The service can be reached, and some of it works less well.
 */
#define IDENTIFAI_HEALTH_DEGRADED 2

/**
 * The service says something else.
 */
#define IDENTIFAI_HEALTH_OTHER 3

/**
 * Not known: there is no verdict yet.
 */
#define IDENTIFAI_UNCLASSIFIED 0

/**
 * Made by a human.
 */
#define IDENTIFAI_HUMAN 1

/**
 * Made by a machine.
 */
#define IDENTIFAI_ARTIFICIAL 2

/**
 * Anything else that the service says.
 */
#define IDENTIFAI_OTHER_CLASSIFICATION 3

/**
 * The analysis is not finished.
 */
#define IDENTIFAI_STATE_PENDING 1

/**
 * The analysis is finished.
 */
#define IDENTIFAI_STATE_DONE 2

/**
 * The analysis failed; `identifai_report_errors` says why.
 */
#define IDENTIFAI_STATE_ERRORED 3

/**
 * A state that is not documented; `identifai_report_json` has it.
 */
#define IDENTIFAI_STATE_OTHER 4

/**
 * The main verdict, where the number of a verdict is asked for.
 */
#define IDENTIFAI_MAIN_VERDICT -1

/**
 * Why a call failed. It is yours once a call has written it, to be freed with `identifai_error_free`; what its
 * functions return is lent until then. Any number of threads may read it.
 */
typedef struct identifai_error identifai_error;

/**
 * A client: settings and connections, for any number of calls.
 *
 * Yours once made, to be freed with `identifai_client_free` when no call is under way. Any number of threads may use
 * it at the same time. After a `fork` parent and child may both go on with it: each has connections of its own.
 */
typedef struct identifai_client identifai_client;

/**
 * Options: how to reach the service, and what to ask of it. A client copies the first half, a submit the second, and
 * `identifai_classify_from_url` both, so they may be changed, used again and freed afterwards, in any order.
 *
 * An option that is not set keeps its default; one that is set cannot be unset, but options are soon made anew. A
 * setter that fails returns its code and leaves the option as it was; until that is set well, each call that takes
 * these options fails, too, with a message that names it. So the results of setters need not be looked at;
 * `identifai_options_check` tells why one failed.
 *
 * Yours once made, to be freed with `identifai_options_free`. One thread at a time may set, while no call
 * with them is under way; any number may make calls.
 */
typedef struct identifai_options identifai_options;

/**
 * What came of a submission. It is yours once a call has written it, to be freed with `identifai_report_free`; what
 * its functions return is lent until then. Any number of threads may read it.
 *
 * Its texts are as the service sent them: escape them before you show them to a terminal or a browser. Only
 * `identifai_report_summary` may be printed as it is.
 */
typedef struct identifai_report identifai_report;

/**
 * Sees how an upload comes along: `sent` of `total` bytes, after each block. It returns 0 to go on; anything else ends
 * the upload as `IDENTIFAI_ERROR_CANCELLED`, and nothing is submitted. It runs on the calling thread, and must return:
 * no `longjmp`, no exception. It may make calls, but neither set nor free the options that it was called by, nor free
 * the client.
 */
typedef int32_t (*identifai_progress)(uint64_t sent, uint64_t total, void *user_data);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the library: what `IDENTIFAI_VERSION` was when it was built. Static, never NULL.
 */
const char *identifai_version(void);

/**
 * Frees a string that a function handed over.
 */
void identifai_string_free(char *string);

/**
 * Frees bytes that a function handed over, with the `len` that it gave.
 */
void identifai_bytes_free(uint8_t *bytes, size_t len);

/**
 * Frees an error.
 */
void identifai_error_free(identifai_error *error);

/**
 * The code that the call returned: one of `IDENTIFAI_ERROR_...`. 0 for NULL.
 */
int32_t identifai_error_code(const identifai_error *error);

/**
 * The code as a word: the end of its constant in lower case, such as `rate_limited`. It never changes. NULL for NULL.
 */
const char *identifai_error_kind(const identifai_error *error);

/**
 * The HTTP status of the answer; 0 if there was none, and for NULL.
 */
int32_t identifai_error_status(const identifai_error *error);

/**
 * What went wrong, in one line and with its causes. It never holds the key, and may be printed as it is. NULL for
 * NULL.
 */
const char *identifai_error_message(const identifai_error *error);

/**
 * The identifier of the submission that this is about. If the service knows it, it was paid for, and its result can be
 * asked for later. NULL if there is none, and for NULL.
 */
const char *identifai_error_identifier(const identifai_error *error);

/**
 * Returns the first 4 KiB of the response's body as text, or of what came in place of an HTTP response. Bytes that are
 * not UTF-8, and NUL, are replaced. The key is redacted, the rest is as the service sent it: escape it before you show
 * it. NULL if nothing came, and for NULL.
 */
const char *identifai_error_body(const identifai_error *error);

/**
 * How many milliseconds to wait before trying again: what the service asked for, or the pause that the deadline had no
 * room for. -1 if that is not known, and for NULL.
 */
int64_t identifai_error_retry_after_ms(const identifai_error *error);

/**
 * 1 if the same call may succeed later and repeating it cannot pay twice, else 0. 0 for NULL.
 */
int32_t identifai_error_retryable(const identifai_error *error);

/**
 * 1 if the service may have accepted a submit, and charged for it, although the call failed. 0 is certain. 0 for NULL.
 */
int32_t identifai_error_may_have_been_sent(const identifai_error *error);

/**
 * Makes options with the key, and with defaults for everything else. The key goes out to the host of the base URL and
 * no other, and cannot be read back. With NULL they do for what is asked of a submit, but not to make a client.
 */
identifai_options *identifai_options_new(const char *api_key);

/**
 * Makes options with the key from the environment variable `IDENTIFAI_API_KEY` and, if it is set, the base URL from
 * `IDENTIFAI_BASE_URL`. Blank counts as unset. They are read by the call that needs them.
 */
identifai_options *identifai_options_from_env(void);

/**
 * Whether every setter succeeded in the end; if not, the error is that of one which did not. Whether the service can
 * be reached with these options, `identifai_client_new` and the calls find out.
 */
int32_t identifai_options_check(const identifai_options *options,
                                identifai_error **error);

/**
 * Frees options.
 */
void identifai_options_free(identifai_options *options);

/**
 * Where the service is; a path in it is put before the API's paths. `https`, or `http` if the host is this machine (or
 * see `identifai_options_set_allow_http`). Default: `https://backend.identifai.net`.
 */
int32_t identifai_options_set_base_url(identifai_options *options,
                                       const char *base_url);

/**
 * The deadline of a whole call: looking up, connecting, sending, waiting, pausing and retrying; not that of
 * `identifai_wait`. Default: 120 seconds for a submit by URL, as the service downloads the file before it answers; for
 * an upload none, but 60 seconds in which not a byte moves, and 120 for the answer; 30 seconds for everything else.
 */
int32_t identifai_options_set_timeout_ms(identifai_options *options,
                                         uint64_t milliseconds);

/**
 * How long looking up the name, connecting and the TLS handshake may take, within the deadline. Default: 10 seconds.
 */
int32_t identifai_options_set_connect_timeout_ms(identifai_options *options,
                                                 uint64_t milliseconds);

/**
 * Whether the base URL may be plain `http` on another machine. The key is then sent in clear. Default: 0.
 */
int32_t identifai_options_set_allow_http(identifai_options *options,
                                         int32_t on);

/**
 * A proxy: `http://user:password@host:port` or `https://...`. It never sees the key: only `https` goes through it.
 * Default: as `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say.
 */
int32_t identifai_options_set_proxy(identifai_options *options,
                                    const char *url);

/**
 * No proxy, whatever the environment says.
 */
int32_t identifai_options_set_no_proxy(identifai_options *options);

/**
 * Trusts the root certificates in `pem` (one or more, in PEM), and no others: they replace the usual roots, as with
 * curl's `--cacert`, and count for a proxy over `https`, too. Default: the usual roots.
 */
int32_t identifai_options_set_root_certificates(identifai_options *options,
                                                const char *pem);

/**
 * What your program calls itself, as `product/version`; added to this library's own `User-Agent`. Default: none.
 */
int32_t identifai_options_set_user_agent(identifai_options *options,
                                         const char *product);

/**
 * The longest answer that is read; a longer one is an error. Default: 4 MiB, and 64 MiB for a heatmap.
 */
int32_t identifai_options_set_response_limit(identifai_options *options,
                                             uint64_t bytes);

/**
 * How often a failed try is repeated within the deadline, where that cannot pay twice. 0 is never. Default: 2.
 */
int32_t identifai_options_set_retries(identifai_options *options,
                                      uint32_t retries);

/**
 * Whether to repeat a submit of unknown fate, too. It may then be paid for twice. Default: 0.
 */
int32_t identifai_options_set_resend_if_unknown(identifai_options *options, int32_t on);

/**
 * How many submits and reads the key may make in a minute, and a thirtieth of that in a second. Calls wait for their
 * turn. Default: 30 and 60, as the service documents.
 */
int32_t identifai_options_set_pace(identifai_options *options,
                                   uint32_t submits,
                                   uint32_t reads);

/**
 * No pace: for a sandbox, or a program that paces itself.
 */
int32_t identifai_options_set_no_pace(identifai_options *options);

/**
 * How long `identifai_wait` waits over all. Default: 5 minutes.
 */
int32_t identifai_options_set_wait_timeout_ms(identifai_options *options, uint64_t milliseconds);

/**
 * The pause of `identifai_wait` after its first look. Default: 2 seconds.
 */
int32_t identifai_options_set_wait_first_pause_ms(identifai_options *options,
                                                  uint64_t milliseconds);

/**
 * The longest pause of `identifai_wait` between two looks, unless the service asks for a longer one. Default: 10
 * seconds.
 */
int32_t identifai_options_set_wait_longest_pause_ms(identifai_options *options,
                                                    uint64_t milliseconds);

/**
 * What each pause of `identifai_wait` is multiplied by to give the next one; 1 or more. Default: 1.5.
 */
int32_t identifai_options_set_wait_growth(identifai_options *options,
                                          double factor);

/**
 * Your own reference, which comes back with the result. Default: not sent.
 */
int32_t identifai_options_set_ref_id(identifai_options *options, const char *ref_id);

/**
 * An `http` or `https` URL that the service shall send the result to as well. The service ignores it in silence unless
 * it has enabled webhooks for the account. Default: not sent.
 */
int32_t identifai_options_set_webhook_url(identifai_options *options,
                                          const char *webhook_url);

/**
 * Whether to analyse anew what was submitted before with the same options, which may cost again. Default: not sent.
 */
int32_t identifai_options_set_no_cache(identifai_options *options,
                                       int32_t on);

/**
 * Images and videos: whether to look for morphing in people's faces, too. Default: not sent.
 */
int32_t identifai_options_set_with_morphing(identifai_options *options, int32_t on);

/**
 * Images and videos: whether to look for manipulation without generative AI, too. Default: not sent.
 */
int32_t identifai_options_set_with_tampering(identifai_options *options,
                                             int32_t on);

/**
 * Images: whether to make a heatmap of AI content, too. Default: not sent.
 */
int32_t identifai_options_set_with_heatmap(identifai_options *options, int32_t on);

/**
 * Images and videos: whether to tell if it is not safe for work, too. That videos take this is our reading of the
 * documentation. Default: not sent.
 */
int32_t identifai_options_set_with_nsfw(identifai_options *options,
                                        int32_t on);

/**
 * Whether to keep a C2PA signature from forcing the verdict to artificial. Default: not sent; the service documents 0.
 */
int32_t identifai_options_set_prevent_c2pa_forces(identifai_options *options,
                                                  int32_t on);

/**
 * Videos: how many frames to analyse at the most, 5, 10 or 30; more cost more. Default: not sent.
 */
int32_t identifai_options_set_frames(identifai_options *options, int32_t frames);

/**
 * Videos: whether to analyse key frames rather than evenly spaced ones. Default: not sent.
 */
int32_t identifai_options_set_key_frames(identifai_options *options, int32_t on);

/**
 * Videos: how key frames are chosen, one of `IDENTIFAI_KEY_FRAMES_...`. Default: not sent; the service documents
 * `IDENTIFAI_KEY_FRAMES_IFRAMES`.
 */
int32_t identifai_options_set_key_frames_method(identifai_options *options,
                                                int32_t method);

/**
 * Uploads: the name that the file goes by, and comes back with in the report. Default: the file's own; without one,
 * the medium and the usual extension of its format, as `image.png`. An extension that says another format than the
 * content is corrected: a WebP named `cat.jpg` goes as `cat.webp`.
 */
int32_t identifai_options_set_file_name(identifai_options *options,
                                        const char *file_name);

/**
 * Uploads: the largest file. Default: what the service documents, 50 MB for images and recordings and 5 GB for videos;
 * read generously, as 50 MiB and 5 GiB.
 */
int32_t identifai_options_set_max_size(identifai_options *options,
                                       uint64_t bytes);

/**
 * Uploads: sends a file as it is, under its own name, whatever its format seems to be. By default it must be of a
 * format that the service documents for the medium, and its name must not say another medium. Default: 0.
 */
int32_t identifai_options_set_any_format(identifai_options *options,
                                         int32_t on);

/**
 * Uploads: a function that sees how one comes along, and can end it. It is given `user_data` each time, which must be
 * valid for as long as submits are made with these options. NULL is none. Default: NULL.
 */
int32_t identifai_options_set_progress(identifai_options *options,
                                       identifai_progress progress,
                                       void *user_data);

/**
 * Submits the image at `file_url`, which spends credits, without a client. Calls with the same settings share
 * connections, whatever options they come from; the process keeps those of 8 settings. `identifier` is to be freed
 * with `identifai_string_free`. It does what `identifai_submit_url` does for an image.
 */
int32_t identifai_classify_from_url(const identifai_options *options,
                                    const char *file_url,
                                    char **identifier,
                                    identifai_error **error);

/**
 * Makes a client by the settings in `options`: the key and the setters down to `..._set_wait_growth`. Nothing is sent
 * or connected yet.
 */
int32_t identifai_client_new(const identifai_options *options,
                             identifai_client **client,
                             identifai_error **error);

/**
 * Frees a client.
 */
void identifai_client_free(identifai_client *client);

/**
 * Submits the medium at a URL, which the service downloads. It spends credits.
 *
 * `medium` is one of `IDENTIFAI_IMAGE`, `..._VIDEO` and `..._AUDIO`. `options` say what to ask of it, by the setters
 * from `..._set_ref_id` on, and are NULL for the service's defaults; the setters before that are the client's
 * business. `identifier` is what to ask for the result with: keep it, it is what was paid for. It is to be freed with
 * `identifai_string_free`.
 *
 * By default it takes 120 seconds at the most. Where it fails, `identifai_error_may_have_been_sent` tells whether it
 * may have been paid for all the same; it is never sent again by itself where that could pay twice.
 */
int32_t identifai_submit_url(const identifai_client *client,
                             int32_t medium,
                             const char *file_url,
                             const identifai_options *options,
                             char **identifier,
                             identifai_error **error);

/**
 * Submits a file, which is uploaded in blocks of 64 KiB, whatever its size. Otherwise it does what
 * `identifai_submit_url` does.
 *
 * `path` is UTF-8. The file is checked before anything is sent: a regular one, not empty, of the medium's formats and
 * not larger than the service takes. An upload has no deadline by default, but ends after 60 seconds in which not a
 * byte moves, or 120 without an answer.
 */
int32_t identifai_submit_file(const identifai_client *client,
                              int32_t medium,
                              const char *path,
                              const identifai_options *options,
                              char **identifier,
                              identifai_error **error);

/**
 * Submits a file in memory, `len` bytes at `file`, which are copied. Otherwise it does what `identifai_submit_file`
 * does.
 */
int32_t identifai_submit_bytes(const identifai_client *client,
                               int32_t medium,
                               const uint8_t *file,
                               size_t len,
                               const identifai_options *options,
                               char **identifier,
                               identifai_error **error);

/**
 * Reads how a submission stands, whatever that is: pending, done or failed. It asks once.
 *
 * `medium` is that of the submission. `report` is to be freed with `identifai_report_free`. By default it takes 30
 * seconds at the most.
 */
int32_t identifai_result(const identifai_client *client,
                         int32_t medium,
                         const char *identifier,
                         identifai_report **report,
                         identifai_error **error);

/**
 * Waits until the analysis of a submission is finished, by default for 5 minutes, and reads its result. The first look
 * comes at once, the others ever more rarely; lost connections and passing failures of the service do not end it.
 *
 * It fails with `IDENTIFAI_ERROR_ANALYSIS_FAILED`, in the service's words, if the service could not analyse it, and
 * with `IDENTIFAI_ERROR_WAIT_TIMED_OUT` when the time is over. Otherwise it does what `identifai_result` does.
 */
int32_t identifai_wait(const identifai_client *client,
                       int32_t medium,
                       const char *identifier,
                       identifai_report **report,
                       identifai_error **error);

/**
 * Fetches the heatmap of an image that was submitted with `with_heatmap` and is analysed: a PNG of `len` bytes, to be
 * freed with `identifai_bytes_free`.
 *
 * It fails with `IDENTIFAI_ERROR_NOT_FOUND` if there is none. What is no whole PNG is an
 * `IDENTIFAI_ERROR_UNEXPECTED_RESPONSE`.
 */
int32_t identifai_heatmap(const identifai_client *client,
                          const char *identifier,
                          uint8_t **png,
                          size_t *len,
                          identifai_error **error);

/**
 * Overrides the verdict on a file, for every submission of it, those to come included.
 *
 * `hash` is the SHA-256 of the file, which `identifai_report_hash` has; it is not the identifier. `classification` is
 * `IDENTIFAI_HUMAN` or `IDENTIFAI_ARTIFICIAL`.
 */
int32_t identifai_override(const identifai_client *client,
                           int32_t medium,
                           const char *hash,
                           int32_t classification,
                           identifai_error **error);

/**
 * Reads how many credits the account has left, and how many it has spent so far: -1 if the service does not say.
 * Either may be NULL if you do not want to know. It costs none.
 */
int32_t identifai_credits(const identifai_client *client,
                          double *available,
                          double *spent,
                          identifai_error **error);

/**
 * Reads how the service is: one of `IDENTIFAI_HEALTH_...`. The key is not sent, and it counts for no rate.
 */
int32_t identifai_health(const identifai_client *client,
                         int32_t *health,
                         identifai_error **error);

/**
 * Ends the calls of this client that are under way and all later ones with `IDENTIFAI_ERROR_CANCELLED`, for good. It
 * may be called from any thread, and from the progress function, but not from a signal handler.
 *
 * Pauses and connections that stand end at once. A call that is still looking up a name or connecting ends with its
 * connect timeout. An answer that was already there is still returned.
 */
int32_t identifai_cancel(const identifai_client *client);

/**
 * Frees a report.
 */
void identifai_report_free(identifai_report *report);

/**
 * The submission that this is about. NULL for NULL.
 */
const char *identifai_report_identifier(const identifai_report *report);

/**
 * How far the analysis has come: one of `IDENTIFAI_STATE_...`. 0 for NULL.
 */
int32_t identifai_report_state(const identifai_report *report);

/**
 * 1 if nothing more is to come, as the analysis is done or failed, else 0. 0 for NULL.
 */
int32_t identifai_report_finished(const identifai_report *report);

/**
 * What it was classified as, which is what the service's dashboard shows: by the account's user if that was
 * overridden, else by the main verdict, once the analysis is finished. One of `IDENTIFAI_UNCLASSIFIED`, `..._HUMAN`,
 * `..._ARTIFICIAL` and `..._OTHER_CLASSIFICATION`. `IDENTIFAI_UNCLASSIFIED` for NULL.
 */
int32_t identifai_report_classification(const identifai_report *report);

/**
 * How many verdicts there are beside the main one: one for each heuristic. 0 for NULL.
 */
int32_t identifai_report_verdict_count(const identifai_report *report);

/**
 * What a verdict says: as `identifai_report_classification`, but without overrides. `number` is that of a verdict,
 * from 0, or `IDENTIFAI_MAIN_VERDICT`. `IDENTIFAI_UNCLASSIFIED` if there is no such verdict, and for NULL.
 */
int32_t identifai_report_verdict_classification(const identifai_report *report,
                                                int32_t number);

/**
 * How sure a verdict is of its classification, from 0 to 1; it is not the probability of artificial. -1 if that is not
 * known or there is no such verdict, and for NULL.
 */
double identifai_report_verdict_confidence(const identifai_report *report,
                                           int32_t number);

/**
 * The heuristic of a verdict, such as `AverageExcludeObsolete`. NULL if it has none or there is no such verdict, and
 * for NULL.
 */
const char *identifai_report_verdict_heuristic(const identifai_report *report,
                                               int32_t number);

/**
 * The verdict in one line for people, control characters escaped: it may be printed as it is. NULL for NULL.
 */
const char *identifai_report_summary(const identifai_report *report);

/**
 * All of it as JSON, by the service's names: the results of each model, of each frame, and what this version does not
 * know. NULL for NULL.
 */
const char *identifai_report_json(const identifai_report *report);

/**
 * The SHA-256 of the file in hexadecimal digits, which overrides go by. NULL if there is none, and for NULL.
 */
const char *identifai_report_hash(const identifai_report *report);

/**
 * The name of the file. NULL if there is none, and for NULL.
 */
const char *identifai_report_name(const identifai_report *report);

/**
 * The reference that was given with the submission. NULL if there is none, and for NULL.
 */
const char *identifai_report_ref_id(const identifai_report *report);

/**
 * The page of this result on the service's dashboard. NULL if there is none, and for NULL.
 */
const char *identifai_report_result_url(const identifai_report *report);

/**
 * Why the analysis failed, if it did. NULL if it did not, and for NULL.
 */
const char *identifai_report_errors(const identifai_report *report);

/**
 * 1 if it is not safe for work, 0 if it is safe, -1 if that was not asked for, and for NULL.
 */
int32_t identifai_report_nsfw(const identifai_report *report);

/**
 * 1 if `identifai_heatmap` will find a heatmap, 0 if not, -1 if that is not known, and for NULL.
 */
int32_t identifai_report_has_heatmap(const identifai_report *report);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* IDENTIFAI_H */
