/* Uses the whole interface, and causes every error that a C program can cause. */

#include "check.h"

static const char *ID = "8d64370a";

/* Counts the blocks of an upload. Cancels the upload if the count is negative. */
static int32_t count_blocks(uint64_t sent, uint64_t total, void *user_data) {
    int *blocks = user_data;
    CHECK(sent <= total);
    if (*blocks < 0)
        return 1;
    ++*blocks;
    return 0;
}

static identifai_options *sandbox_options(void) {
    return options_for(getenv("IDENTIFAI_API_KEY"), getenv("IDENTIFAI_BASE_URL"));
}

static void classify_without_a_client(void) {
    identifai_options *options = identifai_options_from_env();
    char *identifier = NULL, *second = NULL;
    CHECK(identifai_options_set_no_rate_limit(options) == IDENTIFAI_OK);
    CHECK(identifai_classify_from_url(options, "https://example.com/cat.jpg", &identifier, NULL) == IDENTIFAI_OK);
    CHECK(strlen(identifier) == 64);
    CHECK(identifai_classify_from_url(options, "https://example.com/cat.jpg", &second, NULL) == IDENTIFAI_OK);
    CHECK(strcmp(identifier, second) == 0);
    identifai_string_free(identifier);
    identifai_string_free(second);
    identifai_options_free(options);
}

static void submit_wait_and_read(void) {
    identifai_options *options = sandbox_options();
    identifai_client *client = client_from(options);
    identifai_options *opts = identifai_options_new(NULL);
    identifai_report *report = NULL;
    char *identifier = NULL;
    uint8_t *png = NULL;
    size_t len = 0;
    int blocks = 0;

    /* The client has its own copy of the settings. */
    identifai_options_free(options);
    CHECK(identifai_options_set_ref_id(opts, "order-17") == IDENTIFAI_OK);
    CHECK(identifai_options_set_with_heatmap(opts, 1) == IDENTIFAI_OK);
    CHECK(identifai_options_set_with_nsfw(opts, 1) == IDENTIFAI_OK);
    CHECK(identifai_options_set_progress(opts, count_blocks, &blocks) == IDENTIFAI_OK);
    CHECK(identifai_submit_file(client, IDENTIFAI_IMAGE, getenv("IMAGE"), opts, &identifier, NULL) == IDENTIFAI_OK);
    CHECK(blocks > 1);
    CHECK(identifai_wait(client, IDENTIFAI_IMAGE, identifier, &report, NULL) == IDENTIFAI_OK);
    CHECK(strcmp(identifai_report_identifier(report), identifier) == 0);
    CHECK(identifai_report_state(report) == IDENTIFAI_STATE_DONE && identifai_report_finished(report) == 1);
    CHECK(strcmp(identifai_report_ref_id(report), "order-17") == 0);
    CHECK(strcmp(identifai_report_name(report), "capi-image.png") == 0);
    CHECK(identifai_report_nsfw(report) == 0 || identifai_report_nsfw(report) == 1);
    CHECK(identifai_report_has_heatmap(report) == 1);
    CHECK(identifai_report_errors(report) == NULL);
    CHECK(strstr(identifai_report_json(report), identifier) != NULL);
    CHECK(identifai_report_verdict_count(report) >= 1);
    CHECK(identifai_report_verdict_heuristic(report, 0) != NULL);
    CHECK(identifai_report_verdict_heuristic(report, 1000) == NULL);
    CHECK(identifai_report_verdict_confidence(report, IDENTIFAI_MAIN_VERDICT) >= 0.5);
    CHECK(identifai_report_verdict_confidence(report, -2) < 0);
    CHECK(identifai_heatmap(client, identifier, &png, &len, NULL) == IDENTIFAI_OK);
    CHECK(len > 8 && memcmp(png, "\x89PNG", 4) == 0 && memcmp(png + len - 8, "IEND", 4) == 0);
    identifai_bytes_free(png, len);

    /* An override takes the hash of the file. */
    int32_t verdict = identifai_report_classification(report);
    int32_t other = verdict == IDENTIFAI_HUMAN ? IDENTIFAI_ARTIFICIAL : IDENTIFAI_HUMAN;
    CHECK(identifai_override(client, IDENTIFAI_IMAGE, identifai_report_hash(report), other, NULL) == IDENTIFAI_OK);
    identifai_report_free(report);
    CHECK(identifai_result(client, IDENTIFAI_IMAGE, identifier, &report, NULL) == IDENTIFAI_OK);
    CHECK(identifai_report_classification(report) == other);
    CHECK(identifai_report_verdict_classification(report, IDENTIFAI_MAIN_VERDICT) == verdict);
    CHECK(identifai_override(client, IDENTIFAI_IMAGE, identifai_report_hash(report), verdict, NULL) == IDENTIFAI_OK);
    identifai_report_free(report);
    CHECK(identifai_result(client, IDENTIFAI_IMAGE, identifier, &report, NULL) == IDENTIFAI_OK);
    CHECK(identifai_report_classification(report) == verdict);
    identifai_report_free(report);
    identifai_string_free(identifier);

    /* A file in memory, with the same options: first cancelled by the progress function, then without one. */
    const uint8_t gif[] = "GIF89a...";
    identifai_error *error = NULL;
    char *untouched = identifier = NULL;
    blocks = -1;
    CHECK(identifai_submit_bytes(client, IDENTIFAI_IMAGE, gif, sizeof gif, opts, &identifier, &error) == IDENTIFAI_ERROR_CANCELLED);
    CHECK(identifier == untouched && identifai_error_may_have_been_sent(error) == 0);
    identifai_error_free(error);
    CHECK(identifai_options_set_progress(opts, NULL, NULL) == IDENTIFAI_OK);
    CHECK(identifai_submit_bytes(client, IDENTIFAI_IMAGE, gif, sizeof gif, opts, &identifier, NULL) == IDENTIFAI_OK);
    identifai_string_free(identifier);

    /* By URL: an image and a video. */
    CHECK(identifai_submit_url(client, IDENTIFAI_IMAGE, "https://sandbox.test/c2pa.jpg", NULL, &identifier, NULL) == IDENTIFAI_OK);
    CHECK(identifai_wait(client, IDENTIFAI_IMAGE, identifier, &report, NULL) == IDENTIFAI_OK);
    CHECK(identifai_report_classification(report) == IDENTIFAI_ARTIFICIAL);
    printf("%s\n", identifai_report_summary(report));
    identifai_report_free(report);
    identifai_string_free(identifier);
    identifai_options_free(opts);
    opts = identifai_options_new(NULL);
    CHECK(identifai_options_set_frames(opts, 10) == IDENTIFAI_OK);
    CHECK(identifai_options_set_key_frames_method(opts, IDENTIFAI_KEY_FRAMES_FLOW) == IDENTIFAI_OK);
    CHECK(identifai_submit_url(client, IDENTIFAI_VIDEO, "https://example.com/clip.mp4", opts, &identifier, NULL) == IDENTIFAI_OK);
    CHECK(identifai_wait(client, IDENTIFAI_VIDEO, identifier, &report, NULL) == IDENTIFAI_OK);
    CHECK(identifai_report_has_heatmap(report) == -1);
    CHECK(strstr(identifai_report_json(report), "\"images\"") != NULL);
    identifai_report_free(report);
    identifai_string_free(identifier);
    identifai_options_free(opts);
    identifai_client_free(client);
}

static void read_credits_and_health(void) {
    identifai_options *options = sandbox_options();
    identifai_client *client = client_from(options);
    double before = 0, after = 0, spent = -2;
    int32_t health = 0;
    char *identifier = NULL;
    CHECK(identifai_credits(client, &before, NULL, NULL) == IDENTIFAI_OK && before >= 1);
    CHECK(identifai_submit_url(client, IDENTIFAI_IMAGE, "https://example.com/new.jpg", NULL, &identifier, NULL) == IDENTIFAI_OK);
    CHECK(identifai_credits(client, &after, &spent, NULL) == IDENTIFAI_OK && after == before - 1 && spent >= 1);
    CHECK(identifai_health(client, &health, NULL) == IDENTIFAI_OK && health == IDENTIFAI_HEALTH_OK);
    identifai_string_free(identifier);
    identifai_client_free(client);
    identifai_options_free(options);
}

/* The error of the last call. */
static identifai_error *error = NULL;

static void clear_error(void) {
    identifai_error_free(error);
    error = NULL;
}

static void must_fail(int32_t returned, int32_t code) {
    if (returned != code) {
        fprintf(stderr, "%d instead of %d: %s\n", (int)returned, (int)code, error ? identifai_error_message(error) : "");
        exit(1);
    }
    CHECK(error != NULL && identifai_error_code(error) == code);
    CHECK(strchr(identifai_error_message(error), '\n') == NULL);
    CHECK(strstr(identifai_error_message(error), "s3cret") == NULL);
}

/* Submits an image to a service that rejects it or fails. */
static void submit_to(const char *api_key, const char *base_url, const char *file_url, int32_t code) {
    identifai_options *options = options_for(api_key, base_url);
    char *identifier = NULL;
    CHECK(identifai_options_set_timeout_ms(options, code == IDENTIFAI_ERROR_TIMEOUT ? 300 : 60000) == IDENTIFAI_OK);
    clear_error();
    must_fail(identifai_classify_from_url(options, file_url, &identifier, &error), code);
    CHECK(identifier == NULL);
    identifai_options_free(options);
}

static void submit(const char *file_url, int32_t code) {
    submit_to("sandbox", getenv("IDENTIFAI_BASE_URL"), file_url, code);
}

static void submit_to_failing(const char *scheme, const char *failure, int32_t code) {
    char url[200];
    submit_to("s3cret", failing_url(url, sizeof url, scheme, failure), "https://example.com/cat.jpg", code);
}

static void errors_of_submits(void) {
    const char *cat = "https://example.com/cat.jpg";
    submit("cat.jpg", IDENTIFAI_ERROR_INVALID_INPUT);
    CHECK(strncmp(identifai_error_message(error), "file_url: ", 10) == 0);
    CHECK(strcmp(identifai_error_kind(error), "invalid_input") == 0);
    CHECK(identifai_error_status(error) == 0 && identifai_error_retry_after_ms(error) == -1);
    CHECK(identifai_error_identifier(error) == NULL && identifai_error_body(error) == NULL);
    submit_to("s3cret", "ftp://example.com", cat, IDENTIFAI_ERROR_CONFIG);
    submit_to("s3cret", "http://127.0.0.1:1", cat, IDENTIFAI_ERROR_CONNECT);
    CHECK(identifai_error_retryable(error) == 1 && identifai_error_may_have_been_sent(error) == 0);
    submit_to_failing("https", "", IDENTIFAI_ERROR_TLS);
    /* On a busy machine, the timeout may pass before the request is sent. Such an attempt is repeated. */
    for (int attempts = 0; attempts == 0 || (attempts < 20 && !identifai_error_may_have_been_sent(error)); attempts++)
        submit_to_failing("http", "stuck", IDENTIFAI_ERROR_TIMEOUT);
    CHECK(identifai_error_retryable(error) == 0 && identifai_error_may_have_been_sent(error) == 1);
    submit_to_failing("http", "gone", IDENTIFAI_ERROR_DISCONNECTED);
    CHECK(identifai_error_may_have_been_sent(error) == 1);
    submit_to_failing("http", "redirect", IDENTIFAI_ERROR_REDIRECT);
    CHECK(identifai_error_status(error) == 302);
    submit_to("s3cret", getenv("IDENTIFAI_BASE_URL"), cat, IDENTIFAI_ERROR_UNAUTHORIZED);
    CHECK(identifai_error_status(error) == 401);
    submit("https://sandbox.test/forbidden.jpg", IDENTIFAI_ERROR_FORBIDDEN);
    submit("https://sandbox.test/unsupported.txt", IDENTIFAI_ERROR_REJECTED);
    CHECK(identifai_error_status(error) == 400);
    submit("https://sandbox.test/no-credits.jpg", IDENTIFAI_ERROR_OUT_OF_CREDITS);
    submit("https://sandbox.test/rate-limited.jpg", IDENTIFAI_ERROR_RATE_LIMITED);
    CHECK(identifai_error_retryable(error) == 1 && identifai_error_retry_after_ms(error) == 1000);
    submit_to_failing("http", "server", IDENTIFAI_ERROR_SERVER);
    CHECK(strstr(identifai_error_message(error), "down") != NULL);
    submit_to_failing("http", "html", IDENTIFAI_ERROR_UNEXPECTED_RESPONSE);
    clear_error();
}

/* An option that the medium does not have, and an option whose setter fails, until it succeeds. */
static void errors_of_options(const identifai_client *client) {
    const char *clip = "https://example.com/clip.mp4";
    identifai_options *opts = identifai_options_new(NULL);
    identifai_client *another = NULL;
    char *identifier = NULL;

    CHECK(identifai_options_set_frames(opts, 10) == IDENTIFAI_OK);
    must_fail(identifai_submit_file(client, IDENTIFAI_IMAGE, getenv("IMAGE"), opts, &identifier, &error),
              IDENTIFAI_ERROR_INVALID_INPUT);
    CHECK(strncmp(identifai_error_message(error), "frames: ", 8) == 0);
    clear_error();
    CHECK(identifai_options_check(opts, &error) == IDENTIFAI_OK && error == NULL);
    CHECK(identifai_options_set_frames(opts, 11) == IDENTIFAI_ERROR_INVALID_INPUT);
    must_fail(identifai_options_check(opts, &error), IDENTIFAI_ERROR_INVALID_INPUT);
    CHECK(strcmp(identifai_error_message(error), "frames: must be 5, 10 or 30") == 0);
    clear_error();
    must_fail(identifai_submit_url(client, IDENTIFAI_VIDEO, clip, opts, &identifier, &error), IDENTIFAI_ERROR_INVALID_INPUT);
    CHECK(identifier == NULL && strcmp(identifai_error_message(error), "frames: must be 5, 10 or 30") == 0);
    clear_error();
    CHECK(identifai_options_set_frames(opts, 5) == IDENTIFAI_OK);
    CHECK(identifai_submit_url(client, IDENTIFAI_VIDEO, clip, opts, &identifier, NULL) == IDENTIFAI_OK);
    identifai_string_free(identifier);
    must_fail(identifai_client_new(opts, &another, &error), IDENTIFAI_ERROR_INVALID_INPUT);
    CHECK(another == NULL && strcmp(identifai_error_message(error), "api_key: must not be NULL") == 0);
    clear_error();
    identifai_options_free(opts);
}

/* The same for functions that use all options. */
static void errors_of_all_options(void) {
    const char *cat = "https://example.com/cat.jpg";
    identifai_options *options = sandbox_options();
    identifai_client *client = NULL;
    char *identifier = NULL;

    CHECK(identifai_options_set_ref_id(options, "\xff") == IDENTIFAI_ERROR_INVALID_INPUT);
    must_fail(identifai_classify_from_url(options, cat, &identifier, &error), IDENTIFAI_ERROR_INVALID_INPUT);
    CHECK(strcmp(identifai_error_message(error), "ref_id: must be UTF-8") == 0);
    clear_error();
    must_fail(identifai_client_new(options, &client, &error), IDENTIFAI_ERROR_INVALID_INPUT);
    CHECK(strcmp(identifai_error_message(error), "ref_id: must be UTF-8") == 0);
    clear_error();
    CHECK(identifai_options_set_ref_id(options, "") == IDENTIFAI_OK);
    CHECK(identifai_options_set_frames(options, 5) == IDENTIFAI_OK);
    must_fail(identifai_classify_from_url(options, cat, &identifier, &error), IDENTIFAI_ERROR_INVALID_INPUT);
    CHECK(strncmp(identifai_error_message(error), "frames: not supported", 21) == 0);
    CHECK(identifier == NULL && client == NULL);

    /* A call that succeeds does not change an earlier error. */
    const identifai_error *earlier = error;
    CHECK(identifai_client_new(options, &client, &error) == IDENTIFAI_OK && error == earlier);
    clear_error();
    identifai_client_free(client);
    identifai_options_free(options);
}

static void errors_of_clients(void) {
    char url[200];
    identifai_options *options = sandbox_options();
    identifai_client *client = client_from(options);
    identifai_report *report = NULL;
    char *identifier = NULL;
    uint8_t *png = NULL;
    size_t len = 7;

    must_fail(identifai_result(client, IDENTIFAI_AUDIO, ID, &report, &error), IDENTIFAI_ERROR_NOT_FOUND);
    clear_error();
    must_fail(identifai_heatmap(client, ID, &png, &len, &error), IDENTIFAI_ERROR_NOT_FOUND);
    clear_error();
    must_fail(identifai_override(client, IDENTIFAI_IMAGE, ID, 7, &error), IDENTIFAI_ERROR_INVALID_INPUT);
    clear_error();
    must_fail(identifai_result(client, 4, ID, &report, &error), IDENTIFAI_ERROR_INVALID_INPUT);
    clear_error();
    CHECK(report == NULL && png == NULL && len == 7);
    errors_of_options(client);

    const char *errored = "https://sandbox.test/errored.jpg";
    CHECK(identifai_submit_url(client, IDENTIFAI_IMAGE, errored, NULL, &identifier, NULL) == IDENTIFAI_OK);
    must_fail(identifai_wait(client, IDENTIFAI_IMAGE, identifier, &report, &error), IDENTIFAI_ERROR_ANALYSIS_FAILED);
    CHECK(strcmp(identifai_error_identifier(error), identifier) == 0);
    clear_error();
    CHECK(identifai_result(client, IDENTIFAI_IMAGE, identifier, &report, NULL) == IDENTIFAI_OK);
    CHECK(identifai_report_state(report) == IDENTIFAI_STATE_ERRORED && identifai_report_errors(report) != NULL);
    identifai_report_free(report);
    identifai_string_free(identifier);

    CHECK(identifai_cancel(client) == IDENTIFAI_OK);
    must_fail(identifai_result(client, IDENTIFAI_IMAGE, ID, &report, &error), IDENTIFAI_ERROR_CANCELLED);
    clear_error();
    identifai_client_free(client);

    /* An upload into a closed connection does not raise SIGPIPE, which would end a C program. */
    CHECK(identifai_options_set_base_url(options, getenv("CLOSING_SERVER")) == IDENTIFAI_OK);
    client = client_from(options);
    must_fail(identifai_submit_file(client, IDENTIFAI_IMAGE, getenv("IMAGE"), NULL, &identifier, &error),
              IDENTIFAI_ERROR_DISCONNECTED);
    clear_error();
    identifai_client_free(client);

    CHECK(identifai_options_set_base_url(options, failing_url(url, sizeof url, "http", "pending")) == IDENTIFAI_OK);
    CHECK(identifai_options_set_wait_timeout_ms(options, 50) == IDENTIFAI_OK);
    client = client_from(options);
    must_fail(identifai_wait(client, IDENTIFAI_IMAGE, ID, &report, &error), IDENTIFAI_ERROR_WAIT_TIMED_OUT);
    CHECK(strcmp(identifai_error_identifier(error), ID) == 0 && identifai_error_retryable(error) == 1);
    clear_error();
    CHECK(identifai_result(client, IDENTIFAI_IMAGE, ID, &report, NULL) == IDENTIFAI_OK);
    CHECK(identifai_report_state(report) == IDENTIFAI_STATE_PENDING && identifai_report_finished(report) == 0);
    CHECK(identifai_report_classification(report) == IDENTIFAI_UNCLASSIFIED);
    identifai_report_free(report);
    identifai_client_free(client);
    identifai_options_free(options);
}

int main(void) {
    char version[40];
    snprintf(version, sizeof version, "%d.%d.%d", IDENTIFAI_VERSION_MAJOR, IDENTIFAI_VERSION_MINOR, IDENTIFAI_VERSION_PATCH);
    CHECK(strcmp(version, IDENTIFAI_VERSION) == 0 && strcmp(identifai_version(), IDENTIFAI_VERSION) == 0);
    classify_without_a_client();
    submit_wait_and_read();
    read_credits_and_health();
    errors_of_submits();
    errors_of_all_options();
    errors_of_clients();
    return 0;
}
