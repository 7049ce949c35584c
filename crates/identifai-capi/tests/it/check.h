/* What the test programs share. */

#include "identifai.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                  \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);       \
            exit(1);                                                                      \
        }                                                                                 \
    } while (0)

/* Where a server that is in trouble in some way is found. */
static inline const char *trouble(char *url, size_t size, const char *scheme, const char *way) {
    snprintf(url, size, "%s://%s/%s", scheme, getenv("TROUBLE"), way);
    return url;
}

/* Options without a rate limit and without retries. */
static inline identifai_options *options_for(const char *api_key, const char *base_url) {
    identifai_options *options = identifai_options_new(api_key);
    CHECK(identifai_options_set_base_url(options, base_url) == IDENTIFAI_OK);
    CHECK(identifai_options_set_no_rate_limit(options) == IDENTIFAI_OK);
    CHECK(identifai_options_set_retries(options, 0) == IDENTIFAI_OK);
    return options;
}

static inline identifai_client *client_of(const identifai_options *options) {
    identifai_client *client = NULL;
    identifai_error *error = NULL;
    if (identifai_client_new(options, &client, &error) != IDENTIFAI_OK) {
        fprintf(stderr, "no client: %s\n", identifai_error_message(error));
        exit(1);
    }
    return client;
}
