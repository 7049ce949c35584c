// The C interface of identifai in C++11. Copy this file, change it as you like; what identifai.h says holds here, too.
//     identifai::Client client(identifai::Options::from_env());
//     std::string identifier = client.submit_url(IDENTIFAI_IMAGE, "https://example.com/cat.jpg");
//     std::cout << client.wait(IDENTIFAI_IMAGE, identifier).summary() << "\n";
// What fails throws Error; a text with a NUL in it, at which C would cut it off, throws std::invalid_argument.
#ifndef IDENTIFAI_HPP
#define IDENTIFAI_HPP
#include "identifai.h"
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace identifai {
using Milliseconds = std::chrono::milliseconds;
// Whether to go on, with `sent` of `total` bytes. What it throws ends the upload, and comes out of the submit.
using Progress = std::function<bool(uint64_t sent, uint64_t total)>;

class Error : public std::runtime_error {
    std::shared_ptr<const identifai_error> error; // Shared, as a copy of an exception must not throw.
public:
    explicit Error(std::shared_ptr<const identifai_error> why)
        : std::runtime_error(identifai_error_message(why.get())), error(std::move(why)) {}
    const identifai_error *get() const noexcept { return error.get(); }
    int32_t code() const noexcept { return identifai_error_code(get()); }
    int32_t status() const noexcept { return identifai_error_status(get()); }
    const char *identifier() const noexcept { return identifai_error_identifier(get()); } // Or nullptr.
    const char *body() const noexcept { return identifai_error_body(get()); } // Or nullptr. Escape it before you show it.
    Milliseconds retry_after() const noexcept { return Milliseconds(identifai_error_retry_after_ms(get())); } // Or -1.
    bool retryable() const noexcept { return identifai_error_retryable(get()) != 0; }
    bool may_have_been_sent() const noexcept { return identifai_error_may_have_been_sent(get()) != 0; }
};

namespace detail {
template <typename T> T plain(T value) { return value; }
template <typename R, typename P> int64_t plain(std::chrono::duration<R, P> time) { return Milliseconds(time).count(); }
inline const char *plain(const std::string &text) {
    if (text.find('\0') != std::string::npos) throw std::invalid_argument("identifai: a text with a NUL in it");
    return text.c_str();
}

// What a progress function threw: of each thread, as many may submit with the same options.
inline std::exception_ptr &thrown() { static thread_local std::exception_ptr it; return it; }
extern "C" inline int32_t identifai_hpp_see(uint64_t sent, uint64_t total, void *progress) noexcept {
    try {
        return (*static_cast<Progress *>(progress))(sent, total) ? 0 : 1;
    } catch (...) {
        thrown() = std::current_exception();
        return 1;
    }
}

// Calls a function whose last argument is where its error goes.
template <typename Function, typename... Given> void call(Function function, const Given &...given) {
    identifai_error *error = nullptr;
    int32_t code = function(plain(given)..., &error);
    std::exception_ptr exception;
    std::swap(exception, thrown());
    if (code == IDENTIFAI_OK) return;
    std::shared_ptr<const identifai_error> why(error, identifai_error_free);
    if (exception) std::rethrow_exception(exception);
    throw Error(why);
}
// The same for one whose last argument but that is where its result goes, which `free` frees.
template <typename T> using Owned = std::unique_ptr<T, void (*)(T *)>;
template <typename T, typename... Given> Owned<T> made(void (*free)(T *), const Given &...given) {
    T *result = nullptr;
    call(given..., &result);
    return {result, free};
}
} // namespace detail

class Options {
    std::unique_ptr<Progress> progress; // By pointer, as the library knows its address.
    detail::Owned<identifai_options> options;
    explicit Options(identifai_options *made) : options(made, identifai_options_free) {}
public:
    Options() : Options(identifai_options_new(nullptr)) {}
    explicit Options(const std::string &api_key) : Options(identifai_options_new(detail::plain(api_key))) {}
    static Options from_env() { return Options(identifai_options_from_env()); }
    identifai_options *get() const noexcept { return options.get(); }
    // Calls any setter: set(identifai_options_set_timeout_ms, std::chrono::seconds(5)).
    template <typename... Taken, typename... Given>
    Options &set(int32_t (*setter)(identifai_options *, Taken...), const Given &...given) {
        setter(get(), detail::plain(given)...);
        detail::call(identifai_options_check, get()); // A setter does not say why it failed.
        return *this;
    }
    Options &on_progress(Progress function) {
        std::unique_ptr<Progress> next(new Progress(std::move(function)));
        set(identifai_options_set_progress, *next ? detail::identifai_hpp_see : nullptr, next.get());
        progress.swap(next);
        return *this;
    }
};

class Report {
    detail::Owned<identifai_report> report;
    static std::string text(const char *lent) { return lent ? lent : ""; }
public:
    explicit Report(detail::Owned<identifai_report> made) noexcept : report(std::move(made)) {}
    const identifai_report *get() const noexcept { return report.get(); }
    int32_t state() const noexcept { return identifai_report_state(get()); }
    int32_t classification() const noexcept { return identifai_report_classification(get()); }
    std::string summary() const { return text(identifai_report_summary(get())); }
    std::string json() const { return text(identifai_report_json(get())); }
    std::string hash() const { return text(identifai_report_hash(get())); }
};

inline std::string classify_from_url(const Options &options, const std::string &url) {
    return detail::made(identifai_string_free, identifai_classify_from_url, options.get(), url).get();
}

class Client {
    detail::Owned<identifai_client> client;
public:
    explicit Client(const Options &by) : client(detail::made(identifai_client_free, identifai_client_new, by.get())) {}
    const identifai_client *get() const noexcept { return client.get(); }
    std::string submit_url(int32_t medium, const std::string &url, const Options &ask = Options()) const {
        return detail::made(identifai_string_free, identifai_submit_url, get(), medium, url, ask.get()).get();
    }
    std::string submit_file(int32_t medium, const std::string &path, const Options &ask = Options()) const {
        return detail::made(identifai_string_free, identifai_submit_file, get(), medium, path, ask.get()).get();
    }
    std::string submit_bytes(int32_t medium, const uint8_t *file, size_t len, const Options &ask = Options()) const {
        return detail::made(identifai_string_free, identifai_submit_bytes, get(), medium, file, len, ask.get()).get();
    }
    Report result(int32_t medium, const std::string &identifier) const {
        return Report(detail::made(identifai_report_free, identifai_result, get(), medium, identifier));
    }
    Report wait(int32_t medium, const std::string &identifier) const {
        return Report(detail::made(identifai_report_free, identifai_wait, get(), medium, identifier));
    }
    std::vector<uint8_t> heatmap(const std::string &identifier) const {
        struct Png { uint8_t *bytes = nullptr; size_t len = 0; ~Png() { identifai_bytes_free(bytes, len); } } png;
        detail::call(identifai_heatmap, get(), identifier, &png.bytes, &png.len);
        return {png.bytes, png.bytes + png.len};
    }
    void override_verdict(int32_t medium, const std::string &hash, int32_t classification) const {
        detail::call(identifai_override, get(), medium, hash, classification);
    }
    double credits() const { double left = 0; detail::call(identifai_credits, get(), &left, nullptr); return left; }
    void cancel() const noexcept { identifai_cancel(get()); } // From any thread.
};
} // namespace identifai
#endif
