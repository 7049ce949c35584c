/* Helpers of the test programs. */

#include "identifai.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                  \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            fprintf(stderr, "%s:%d: check failed: %s\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                                      \
        }                                                                                 \
    } while (0)

/* Writes and returns the base URL of the server that fails in a certain way. */
static inline const char *failing_url(char *url, size_t size, const char *scheme, const char *failure) {
    snprintf(url, size, "%s://%s/%s", scheme, getenv("FAILING_SERVER"), failure);
    return url;
}

/* Creates options without a rate limit and without retries. */
static inline identifai_options *options_for(const char *api_key, const char *base_url) {
    identifai_options *options = identifai_options_new(api_key);
    CHECK(identifai_options_set_base_url(options, base_url) == IDENTIFAI_OK);
    CHECK(identifai_options_set_no_rate_limit(options) == IDENTIFAI_OK);
    CHECK(identifai_options_set_retries(options, 0) == IDENTIFAI_OK);
    return options;
}

static inline identifai_client *client_from(const identifai_options *options) {
    identifai_client *client = NULL;
    identifai_error *error = NULL;
    if (identifai_client_new(options, &client, &error) != IDENTIFAI_OK) {
        fprintf(stderr, "cannot create a client: %s\n", identifai_error_message(error));
        exit(1);
    }
    return client;
}
