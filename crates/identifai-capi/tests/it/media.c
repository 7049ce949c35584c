/* Makes every call that takes a medium, with the medium in argv[1]. media.rs checks which endpoints were called. */

#include "check.h"

static const char *HASH = "1122bc92d1aa7b52a1a19ca1ef4a4a1b0c7e5b1dd0a44d5cd1b8ad7fe0dd0c4e";

/* An option that the medium does not have is rejected, and not ignored. */
static void check_option(const identifai_client *client, int32_t medium, int32_t set(identifai_options *, int32_t), int takes_it) {
    identifai_options *opts = identifai_options_new(NULL);
    char *identifier = NULL;
    CHECK(set(opts, 1) == IDENTIFAI_OK);
    int32_t code = identifai_submit_url(client, medium, "https://example.com/it", opts, &identifier, NULL);
    CHECK(code == (takes_it ? IDENTIFAI_OK : IDENTIFAI_ERROR_INVALID_INPUT) && (identifier != NULL) == takes_it);
    identifai_string_free(identifier);
    identifai_options_free(opts);
}

int main(int argc, char **argv) {
    char url[200];
    const int32_t medium = argc > 1 ? atoi(argv[1]) : 0;
    const int is_image = medium == IDENTIFAI_IMAGE, is_audio = medium == IDENTIFAI_AUDIO;
    identifai_options *options = options_for("sandbox", failing_url(url, sizeof url, "http", "pending"));
    CHECK(identifai_options_set_wait_timeout_ms(options, 20) == IDENTIFAI_OK);
    identifai_client *pending = client_from(options);
    CHECK(identifai_options_set_base_url(options, failing_url(url, sizeof url, "http", "fine")) == IDENTIFAI_OK);
    identifai_client *fine = client_from(options);
    identifai_report *report = NULL;

    CHECK(identifai_result(pending, medium, "abc", &report, NULL) == IDENTIFAI_OK);
    CHECK(identifai_report_state(report) == IDENTIFAI_STATE_PENDING);
    identifai_report_free(report);
    CHECK(identifai_wait(pending, medium, "def", &report, NULL) == IDENTIFAI_ERROR_WAIT_TIMED_OUT);
    identifai_override(fine, medium, HASH, IDENTIFAI_HUMAN, NULL);
    check_option(fine, medium, identifai_options_set_no_cache, 1);
    check_option(fine, medium, identifai_options_set_prevent_c2pa_forces, 1);
    check_option(fine, medium, identifai_options_set_with_heatmap, is_image);
    check_option(fine, medium, identifai_options_set_with_morphing, !is_audio);
    check_option(fine, medium, identifai_options_set_with_tampering, !is_audio);
    check_option(fine, medium, identifai_options_set_with_nsfw, !is_audio);
    check_option(fine, medium, identifai_options_set_key_frames, !is_image && !is_audio);
    check_option(fine, medium, identifai_options_set_key_frames_method, !is_image && !is_audio);
    identifai_client_free(pending);
    identifai_client_free(fine);
    identifai_options_free(options);
    return 0;
}
