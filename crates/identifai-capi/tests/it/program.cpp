// Uses the whole interface through the wrapper, and causes every error that a C++ program can cause.

#include "check.h"
#include "identifai.hpp"
#include <algorithm>
#include <iostream>
#include <thread>
#include <type_traits>

using identifai::Client;
using identifai::Error;
using identifai::Options;
using identifai::Report;
using std::chrono::milliseconds;

static_assert(std::is_nothrow_copy_constructible<Error>::value, "exceptions are copied when they are thrown");
static_assert(!std::is_copy_constructible<Options>::value && std::is_move_constructible<Options>::value, "");
static_assert(!std::is_copy_constructible<Client>::value && std::is_move_constructible<Client>::value, "");
static_assert(!std::is_copy_constructible<Report>::value && std::is_move_constructible<Report>::value, "");

static const std::string ID = "8d64370a", CAT = "https://example.com/cat.jpg", CLIP = "https://example.com/clip.mp4";
static const uint8_t GIF[] = "GIF89a...";

static Options options_at(const std::string &key, const std::string &url) {
    Options options(key);
    options.set(identifai_options_set_base_url, url).set(identifai_options_set_no_rate_limit);
    options.set(identifai_options_set_retries, 0);
    return options;
}

static Options sandbox() { return options_at(getenv("IDENTIFAI_API_KEY"), getenv("IDENTIFAI_BASE_URL")); }

static std::string failing_server(const char *scheme, const char *failure) {
    char url[200];
    return failing_url(url, sizeof url, scheme, failure);
}

template <typename Call> static Error must_fail(int32_t code, Call call) {
    try {
        call();
    } catch (const Error &error) {
        const std::string message = error.what();
        if (error.code() != code)
            std::cerr << error.code() << " instead of " << code << ": " << message << "\n";
        CHECK(error.code() == code);
        CHECK(message.find('\n') == std::string::npos && message.find("s3cret") == std::string::npos);
        return error;
    }
    std::cerr << "no error instead of " << code << "\n";
    std::exit(1);
}

static void classify_without_a_client() {
    Options options = Options::from_env();
    options.set(identifai_options_set_no_rate_limit);
    const std::string identifier = identifai::classify_from_url(options, CAT);
    CHECK(identifier.size() == 64);
    CHECK(identifai::classify_from_url(options, CAT) == identifier);
}

static void submit_wait_and_read() {
    const Client client(sandbox());
    Options opts;
    int blocks = 0;
    opts.set(identifai_options_set_ref_id, "order-17").set(identifai_options_set_with_heatmap, true);
    opts.set(identifai_options_set_with_nsfw, true).on_progress([&blocks](uint64_t sent, uint64_t total) {
        CHECK(sent <= total);
        ++blocks;
        return true;
    });
    // Moving options does not move the progress function, whose address the library keeps.
    Options moved = std::move(opts);
    const std::string identifier = client.submit_file(IDENTIFAI_IMAGE, getenv("IMAGE"), moved);
    CHECK(blocks > 1);

    Report report = client.wait(IDENTIFAI_IMAGE, identifier);
    CHECK(identifai_report_identifier(report.get()) == identifier);
    CHECK(report.state() == IDENTIFAI_STATE_DONE && identifai_report_finished(report.get()) == 1);
    CHECK(identifai_report_ref_id(report.get()) == std::string("order-17"));
    CHECK(identifai_report_name(report.get()) == std::string("capi-image.png"));
    CHECK(identifai_report_nsfw(report.get()) >= 0 && identifai_report_has_heatmap(report.get()) == 1);
    CHECK(identifai_report_errors(report.get()) == nullptr);
    CHECK(report.json().find(identifier) != std::string::npos);
    CHECK(identifai_report_verdict_count(report.get()) >= 1);
    CHECK(identifai_report_verdict_heuristic(report.get(), 0) != nullptr);
    CHECK(identifai_report_verdict_heuristic(report.get(), 1000) == nullptr);
    CHECK(identifai_report_verdict_confidence(report.get(), IDENTIFAI_MAIN_VERDICT) >= 0.5);
    CHECK(identifai_report_verdict_confidence(report.get(), -2) < 0);
    CHECK(client.credits() > 0);
    const std::vector<uint8_t> png = client.heatmap(identifier);
    CHECK(png.size() > 8 && std::equal(png.begin(), png.begin() + 4, "\x89PNG", [](uint8_t actual, char expected) {
        return actual == static_cast<uint8_t>(expected);
    }));

    // An override takes the hash of the file.
    const int32_t verdict = report.classification();
    const int32_t other = verdict == IDENTIFAI_HUMAN ? IDENTIFAI_ARTIFICIAL : IDENTIFAI_HUMAN;
    client.override_verdict(IDENTIFAI_IMAGE, report.hash(), other);
    report = client.result(IDENTIFAI_IMAGE, identifier);
    CHECK(report.classification() == other);
    CHECK(identifai_report_verdict_classification(report.get(), IDENTIFAI_MAIN_VERDICT) == verdict);

    // A file in memory, with the same options: first cancelled by the progress function, then without one.
    moved.on_progress([](uint64_t, uint64_t) { return false; });
    const auto submit = [&] { return client.submit_bytes(IDENTIFAI_IMAGE, GIF, sizeof GIF, moved); };
    CHECK(!must_fail(IDENTIFAI_ERROR_CANCELLED, submit).may_have_been_sent());
    moved.on_progress(nullptr);
    CHECK(!submit().empty());

    // By URL: an image and a video.
    report = client.wait(IDENTIFAI_IMAGE, client.submit_url(IDENTIFAI_IMAGE, "https://sandbox.test/c2pa.jpg"));
    CHECK(report.classification() == IDENTIFAI_ARTIFICIAL);
    std::cout << report.summary() << std::endl;
    Options video;
    video.set(identifai_options_set_frames, 10);
    video.set(identifai_options_set_key_frames_method, IDENTIFAI_KEY_FRAMES_FLOW);
    report = client.wait(IDENTIFAI_VIDEO, client.submit_url(IDENTIFAI_VIDEO, CLIP, video));
    CHECK(identifai_report_has_heatmap(report.get()) == -1);
    CHECK(report.json().find("\"images\"") != std::string::npos);
}

// An exception of a progress function is thrown by the submit that called the function, once, and by no other call.
static void exceptions_of_progress() {
    const Client client(sandbox());
    Options opts;
    opts.on_progress([](uint64_t, uint64_t) -> bool { throw std::this_thread::get_id(); });
    const auto submit = [&] {
        for (int round = 0; round < 20; ++round) {
            bool thrown = false;
            try {
                client.submit_bytes(IDENTIFAI_IMAGE, GIF, sizeof GIF, opts);
            } catch (std::thread::id thread) {
                thrown = thread == std::this_thread::get_id();
            }
            CHECK(thrown);
        }
        must_fail(IDENTIFAI_ERROR_NOT_FOUND, [&] { client.result(IDENTIFAI_IMAGE, ID); });
    };
    std::thread another(submit);
    submit();
    another.join();

    // The exception ends the upload.
    int calls = 0;
    opts.on_progress([&calls](uint64_t, uint64_t) -> bool { throw ++calls; });
    try {
        client.submit_file(IDENTIFAI_IMAGE, getenv("IMAGE"), opts);
        CHECK(!"thrown");
    } catch (int thrown) {
        CHECK(thrown == 1);
    }

    // A progress function may throw an error of this library, or catch one and continue.
    opts.on_progress([&](uint64_t, uint64_t) { return client.result(IDENTIFAI_AUDIO, ID).state() != 0; });
    must_fail(IDENTIFAI_ERROR_NOT_FOUND, [&] { client.submit_bytes(IDENTIFAI_IMAGE, GIF, sizeof GIF, opts); });
    opts.on_progress([&](uint64_t, uint64_t) {
        must_fail(IDENTIFAI_ERROR_NOT_FOUND, [&] { client.result(IDENTIFAI_IMAGE, ID); });
        return true;
    });
    CHECK(!client.submit_bytes(IDENTIFAI_IMAGE, GIF, sizeof GIF, opts).empty());
}

// Submits an image to a service that rejects it or fails.
static Error submit_to(const std::string &key, const std::string &url, const std::string &file_url, int32_t code) {
    Options options = options_at(key, url);
    options.set(identifai_options_set_timeout_ms, milliseconds(code == IDENTIFAI_ERROR_TIMEOUT ? 300 : 60000));
    return must_fail(code, [&] { identifai::classify_from_url(options, file_url); });
}

static Error submit(const std::string &file_url, int32_t code) {
    return submit_to("sandbox", getenv("IDENTIFAI_BASE_URL"), file_url, code);
}

static Error submit_to_failing(const char *scheme, const char *failure, int32_t code) {
    return submit_to("s3cret", failing_server(scheme, failure), CAT, code);
}

static void errors_of_submits() {
    const Error input = submit("cat.jpg", IDENTIFAI_ERROR_INVALID_INPUT);
    CHECK(std::string(input.what()).find("file_url: ") == 0);
    CHECK(identifai_error_kind(input.get()) == std::string("invalid_input"));
    CHECK(input.status() == 0 && input.retry_after() == milliseconds(-1) && input.identifier() == nullptr);
    submit_to("s3cret", "ftp://example.com", CAT, IDENTIFAI_ERROR_CONFIG);
    const Error connect = submit_to("s3cret", "http://127.0.0.1:1", CAT, IDENTIFAI_ERROR_CONNECT);
    CHECK(connect.retryable() && !connect.may_have_been_sent());
    submit_to_failing("https", "", IDENTIFAI_ERROR_TLS);
    const Error stuck = submit_to_failing("http", "stuck", IDENTIFAI_ERROR_TIMEOUT);
    CHECK(!stuck.retryable() && stuck.may_have_been_sent());
    CHECK(submit_to_failing("http", "gone", IDENTIFAI_ERROR_DISCONNECTED).may_have_been_sent());
    CHECK(submit_to_failing("http", "redirect", IDENTIFAI_ERROR_REDIRECT).status() == 302);
    CHECK(submit_to("s3cret", getenv("IDENTIFAI_BASE_URL"), CAT, IDENTIFAI_ERROR_UNAUTHORIZED).status() == 401);
    submit("https://sandbox.test/forbidden.jpg", IDENTIFAI_ERROR_FORBIDDEN);
    CHECK(submit("https://sandbox.test/unsupported.txt", IDENTIFAI_ERROR_REJECTED).status() == 400);
    submit("https://sandbox.test/no-credits.jpg", IDENTIFAI_ERROR_OUT_OF_CREDITS);
    const Error limited = submit("https://sandbox.test/rate-limited.jpg", IDENTIFAI_ERROR_RATE_LIMITED);
    CHECK(limited.retryable() && limited.retry_after() == std::chrono::seconds(1));
    CHECK(strstr(submit_to_failing("http", "server", IDENTIFAI_ERROR_SERVER).what(), "down") != nullptr);
    submit_to_failing("http", "html", IDENTIFAI_ERROR_UNEXPECTED_RESPONSE);
}

// An option that the medium does not have, and an option whose setter fails, until it succeeds.
static void errors_of_options(const Client &client) {
    Options opts;
    opts.set(identifai_options_set_frames, 10);
    const auto of_image = [&] { client.submit_file(IDENTIFAI_IMAGE, getenv("IMAGE"), opts); };
    CHECK(std::string(must_fail(IDENTIFAI_ERROR_INVALID_INPUT, of_image).what()).find("frames: ") == 0);
    const auto set = [&] { opts.set(identifai_options_set_frames, 11); };
    const std::string why = "frames: must be 5, 10 or 30";
    CHECK(must_fail(IDENTIFAI_ERROR_INVALID_INPUT, set).what() == why);
    const auto of_video = [&] { return client.submit_url(IDENTIFAI_VIDEO, CLIP, opts); };
    CHECK(must_fail(IDENTIFAI_ERROR_INVALID_INPUT, of_video).what() == why);
    opts.set(identifai_options_set_frames, 5);
    CHECK(!of_video().empty());
    const auto of_client = [&] { Client another(opts); };
    CHECK(must_fail(IDENTIFAI_ERROR_INVALID_INPUT, of_client).what() == std::string("api_key: must not be NULL"));

    // The proxy has two setters. Either one replaces the failure of the other.
    Options options("s3cret");
    must_fail(IDENTIFAI_ERROR_INVALID_INPUT, [&] { options.set(identifai_options_set_proxy, nullptr); });
    options.set(identifai_options_set_no_proxy);
    CHECK(Client(options).get() != nullptr);

    bool refused = false;
    try {
        client.submit_url(IDENTIFAI_IMAGE, CAT + '\0' + "?more");
    } catch (const std::invalid_argument &) {
        refused = true;
    }
    CHECK(refused);
}

static void errors_of_clients() {
    Options options = sandbox();
    const Client client(options);
    must_fail(IDENTIFAI_ERROR_NOT_FOUND, [&] { client.result(IDENTIFAI_AUDIO, ID); });
    must_fail(IDENTIFAI_ERROR_NOT_FOUND, [&] { client.heatmap(ID); });
    must_fail(IDENTIFAI_ERROR_INVALID_INPUT, [&] { client.override_verdict(IDENTIFAI_IMAGE, ID, 7); });
    must_fail(IDENTIFAI_ERROR_INVALID_INPUT, [&] { client.result(4, ID); });
    errors_of_options(client);

    const std::string identifier = client.submit_url(IDENTIFAI_IMAGE, "https://sandbox.test/errored.jpg");
    const Error errored = must_fail(IDENTIFAI_ERROR_ANALYSIS_FAILED, [&] { client.wait(IDENTIFAI_IMAGE, identifier); });
    CHECK(errored.identifier() == identifier);
    const Report report = client.result(IDENTIFAI_IMAGE, identifier);
    CHECK(report.state() == IDENTIFAI_STATE_ERRORED && identifai_report_errors(report.get()) != nullptr);

    client.cancel();
    must_fail(IDENTIFAI_ERROR_CANCELLED, [&] { client.result(IDENTIFAI_IMAGE, ID); });

    options.set(identifai_options_set_base_url, failing_server("http", "pending"));
    options.set(identifai_options_set_wait_timeout_ms, milliseconds(50));
    const Client another(options);
    const Error late = must_fail(IDENTIFAI_ERROR_WAIT_TIMED_OUT, [&] { another.wait(IDENTIFAI_IMAGE, ID); });
    CHECK(late.identifier() == ID && late.retryable());
    const Report pending = another.result(IDENTIFAI_IMAGE, ID);
    CHECK(pending.state() == IDENTIFAI_STATE_PENDING && identifai_report_finished(pending.get()) == 0);
    CHECK(pending.classification() == IDENTIFAI_UNCLASSIFIED);
}

int main() {
    CHECK(std::string(identifai_version()) == IDENTIFAI_VERSION);
    classify_without_a_client();
    submit_wait_and_read();
    exceptions_of_progress();
    errors_of_submits();
    errors_of_clients();
    return 0;
}
