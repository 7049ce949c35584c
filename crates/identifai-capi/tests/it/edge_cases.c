/* Unusual uses that the header allows: calls from a progress function, calls when a thread or the program ends, a file
 * that is too large to be copied, and an option with two setters. */

#define _DEFAULT_SOURCE
#include "check.h"
#include <pthread.h>
#include <sys/mman.h>

static const char *CAT = "https://example.com/cat.jpg";
static identifai_client *client;

static void submit(void) {
    char *identifier = NULL;
    CHECK(identifai_submit_url(client, IDENTIFAI_IMAGE, CAT, NULL, &identifier, NULL) == IDENTIFAI_OK);
    identifai_string_free(identifier);
}

static int32_t submit_another(uint64_t sent, uint64_t total, void *user_data) {
    uint64_t *last = user_data;
    CHECK(sent >= *last && total > 200000);
    *last = sent;
    submit();
    return 0;
}

static int32_t cancel(uint64_t sent, uint64_t total, void *user_data) {
    (void)sent, (void)total;
    CHECK(identifai_cancel(user_data) == IDENTIFAI_OK);
    return 0;
}

static void call_from_progress_function(const char *url) {
    identifai_options *options = options_for("sandbox", url);
    identifai_client *cancelled = client_from(options);
    identifai_error *error = NULL;
    char *identifier = NULL;
    uint64_t sent = 0;
    CHECK(identifai_options_set_progress(options, submit_another, &sent) == IDENTIFAI_OK);
    CHECK(identifai_submit_file(client, IDENTIFAI_IMAGE, getenv("IMAGE"), options, &identifier, NULL) == IDENTIFAI_OK);
    CHECK(sent > 200000);
    identifai_string_free(identifier);
    identifier = NULL;
    CHECK(identifai_options_set_progress(options, cancel, cancelled) == IDENTIFAI_OK);
    CHECK(identifai_submit_file(cancelled, IDENTIFAI_IMAGE, getenv("IMAGE"), options, &identifier, &error) == IDENTIFAI_ERROR_CANCELLED);
    CHECK(identifier == NULL && identifai_error_may_have_been_sent(error) == 0);
    identifai_error_free(error);
    identifai_client_free(cancelled);
    identifai_options_free(options);
}

/* The memory of the file cannot be read, so a copy would crash. */
static void reject_too_large_files(void) {
    const size_t len = 50 * 1024 * 1024 + 1;
    uint8_t *file = mmap(NULL, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    identifai_error *error = NULL;
    char *identifier = NULL;
    CHECK(file != MAP_FAILED);
    CHECK(identifai_submit_bytes(client, IDENTIFAI_AUDIO, file, len, NULL, &identifier, &error) == IDENTIFAI_ERROR_INVALID_INPUT);
    CHECK(strstr(identifai_error_message(error), "52428801 bytes") != NULL);
    identifai_error_free(error);
    CHECK(identifai_submit_bytes(client, IDENTIFAI_AUDIO, file, (size_t)-1, NULL, &identifier, NULL) == IDENTIFAI_ERROR_INVALID_INPUT);
    /* The same with a limit that the caller sets. */
    identifai_options *options = identifai_options_new(NULL);
    CHECK(identifai_options_set_max_size(options, 99) == IDENTIFAI_OK);
    CHECK(identifai_submit_bytes(client, IDENTIFAI_AUDIO, file, 100, options, &identifier, NULL) == IDENTIFAI_ERROR_INVALID_INPUT);
    CHECK(identifier == NULL);
    identifai_options_free(options);
    munmap(file, len);
}

static void set_proxy_in_two_ways(const char *url) {
    identifai_options *options = options_for("sandbox", url);
    CHECK(identifai_options_set_proxy(options, "\xff") == IDENTIFAI_ERROR_INVALID_INPUT);
    CHECK(identifai_options_set_no_proxy(options) == IDENTIFAI_OK);
    identifai_client_free(client_from(options));
    identifai_options_free(options);
}

/* Runs after the thread-local variables of the thread were destroyed. */
static void at_thread_exit(void *value) {
    (void)value;
    submit();
}

static void *submit_and_end(void *key) {
    submit();
    CHECK(pthread_setspecific(*(pthread_key_t *)key, key) == 0);
    return NULL;
}

static void at_program_exit(void) {
    submit();
    identifai_client_free(client);
}

int main(void) {
    char url[200];
    pthread_t thread;
    pthread_key_t key;
    identifai_options *options = options_for("sandbox", failing_url(url, sizeof url, "http", "fine"));
    client = client_from(options);
    identifai_options_free(options);
    CHECK(atexit(at_program_exit) == 0);
    submit();
    call_from_progress_function(url);
    reject_too_large_files();
    set_proxy_in_two_ways(url);
    CHECK(pthread_key_create(&key, at_thread_exit) == 0);
    CHECK(pthread_create(&thread, NULL, submit_and_end, &key) == 0 && pthread_join(thread, NULL) == 0);
    return 0;
}
