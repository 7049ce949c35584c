/* Calls each function with each pointer NULL and each string not UTF-8. error_codes.rs inserts the calls. */

#include "check.h"

static identifai_error *error = NULL;
static char a_byte;
static char *a_text = &a_byte;
static identifai_client *a_client = (identifai_client *)&a_byte;
static identifai_report *a_report = (identifai_report *)&a_byte;
static uint8_t *some_bytes = (uint8_t *)&a_byte;
static size_t a_length = 7;
static double a_number = 7;
static int32_t a_code = 7;

/* Checks that a call was rejected: it returned an error, if it can, and changed nothing else. `argument` is the invalid
 * one. */
static void rejected(int32_t code, const char *argument) {
    CHECK(code == IDENTIFAI_ERROR_INVALID_INPUT);
    if (error != NULL) {
        const char *message = identifai_error_message(error);
        CHECK(strncmp(message, argument, strlen(argument)) == 0);
        CHECK(strstr(message, ": must not be NULL") != NULL || strstr(message, ": must be UTF-8") != NULL);
        CHECK(identifai_error_may_have_been_sent(error) == 0);
        identifai_error_free(error);
        error = NULL;
    }
    CHECK(a_text == &a_byte && a_client == (void *)&a_byte && a_report == (void *)&a_byte);
    CHECK(some_bytes == (void *)&a_byte && a_length == 7 && a_number == 7 && a_code == 7);
}

static int32_t progress(uint64_t sent, uint64_t total, void *user_data) {
    (void)sent, (void)total, (void)user_data;
    return 0;
}

int main(void) {
    char url[200];
    identifai_options *options = options_for("sandbox", failing_url(url, sizeof url, "http", "fine"));
    identifai_client *client = client_from(options);

    /* calls */

    /* A pointer that is set to NULL after freeing can be freed again. Using it is an error. */
    identifai_options_free(options);
    options = NULL;
    identifai_options_free(options);
    CHECK(identifai_options_set_retries(options, 1) == IDENTIFAI_ERROR_INVALID_INPUT);
    identifai_client_free(client);
    return 0;
}
