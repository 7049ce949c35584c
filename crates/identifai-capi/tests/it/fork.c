/* A program that forks while connections are open. Parent and child both continue to use the library, with a client and
 * without. */

#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <sys/wait.h>
#include <unistd.h>

static identifai_options *options;
static identifai_client *client;

static void make_calls(void) {
    for (int i = 0; i < 50; i++) {
        char *identifier = NULL;
        const char *cat = "https://example.com/cat.jpg";
        CHECK(identifai_submit_url(client, IDENTIFAI_IMAGE, cat, NULL, &identifier, NULL) == IDENTIFAI_OK);
        identifai_string_free(identifier);
        CHECK(identifai_classify_from_url(options, cat, &identifier, NULL) == IDENTIFAI_OK);
        identifai_string_free(identifier);
    }
}

int main(void) {
    char url[200];
    int status = 1;
    options = options_for("sandbox", failing_url(url, sizeof url, "http", "fine"));
    client = client_from(options);
    make_calls();
    pid_t child = fork();
    CHECK(child >= 0);
    make_calls();
    if (child > 0)
        CHECK(waitpid(child, &status, 0) == child && status == 0);
    identifai_client_free(client);
    identifai_options_free(options);
    return 0;
}
