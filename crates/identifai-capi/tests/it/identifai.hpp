// A C++11 wrapper of identifai.h, in one file. Copy it into your project and change it as needed. The rules in
// identifai.h also apply here. It does not wrap every function: get() returns the pointer for the others.
//
//     identifai::Client client(identifai::Options::from_env());
//     std::string identifier = client.submit_url(IDENTIFAI_IMAGE, "https://example.com/cat.jpg");
//     std::cout << client.wait(IDENTIFAI_IMAGE, identifier).summary() << "\n";
//
// A call that fails throws identifai::Error. A string that contains NUL throws std::invalid_argument, because C would
// cut it off there.
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
// Called with the progress of an upload. Returns true to continue and false to cancel the upload. An exception that it
// throws also cancels the upload, and the submit throws it again.
using Progress = std::function<bool(uint64_t sent, uint64_t total)>;

class Error : public std::runtime_error {
    std::shared_ptr<const identifai_error> error; // Shared, because copying an exception must not throw.
public:
    explicit Error(std::shared_ptr<const identifai_error> from)
        : std::runtime_error(identifai_error_message(from.get())), error(std::move(from)) {}
    const identifai_error *get() const noexcept { return error.get(); }
    int32_t code() const noexcept { return identifai_error_code(get()); }
    int32_t status() const noexcept { return identifai_error_status(get()); }
    const char *identifier() const noexcept { return identifai_error_identifier(get()); } // May be nullptr.
    const char *body() const noexcept { return identifai_error_body(get()); } // May be nullptr. Not escaped.
    Milliseconds retry_after() const noexcept { return Milliseconds(identifai_error_retry_after_ms(get())); } // Or -1 ms.
    bool retryable() const noexcept { return identifai_error_retryable(get()) != 0; }
    bool may_have_been_sent() const noexcept { return identifai_error_may_have_been_sent(get()) != 0; }
};

namespace detail {
template <typename T> T to_c(T value) { return value; }
template <typename R, typename P> int64_t to_c(std::chrono::duration<R, P> time) { return Milliseconds(time).count(); }
inline const char *to_c(const std::string &text) {
    if (text.find('\0') != std::string::npos) throw std::invalid_argument("identifai: string contains NUL");
    return text.c_str();
}

// The exception that a progress function threw. It is per thread, because several threads may submit with the same
// options.
inline std::exception_ptr &thrown() { static thread_local std::exception_ptr exception; return exception; }
extern "C" inline int32_t identifai_hpp_progress(uint64_t sent, uint64_t total, void *progress) noexcept {
    try {
        return (*static_cast<Progress *>(progress))(sent, total) ? 0 : 1;
    } catch (...) {
        thrown() = std::current_exception();
        return 1;
    }
}

// Calls a function whose last parameter receives the error.
template <typename Function, typename... Args> void call(Function function, const Args &...args) {
    identifai_error *error = nullptr;
    int32_t code = function(to_c(args)..., &error);
    std::exception_ptr exception;
    std::swap(exception, thrown());
    if (code == IDENTIFAI_OK) return;
    std::shared_ptr<const identifai_error> owned(error, identifai_error_free);
    if (exception) std::rethrow_exception(exception);
    throw Error(owned);
}
// Calls a function whose last two parameters receive the result and the error. `free` frees the result.
template <typename T> using Owned = std::unique_ptr<T, void (*)(T *)>;
template <typename T, typename... Args> Owned<T> make(void (*free)(T *), const Args &...args) {
    T *result = nullptr;
    call(args..., &result);
    return {result, free};
}
} // namespace detail

class Options {
    std::unique_ptr<Progress> progress; // A pointer, because the library keeps the address.
    detail::Owned<identifai_options> options;
    explicit Options(identifai_options *created) : options(created, identifai_options_free) {}
public:
    Options() : Options(identifai_options_new(nullptr)) {}
    explicit Options(const std::string &api_key) : Options(identifai_options_new(detail::to_c(api_key))) {}
    static Options from_env() { return Options(identifai_options_from_env()); }
    identifai_options *get() const noexcept { return options.get(); }
    // Calls any setter, as in set(identifai_options_set_timeout_ms, std::chrono::seconds(5)).
    template <typename... Params, typename... Args>
    Options &set(int32_t (*setter)(identifai_options *, Params...), const Args &...args) {
        setter(get(), detail::to_c(args)...);
        detail::call(identifai_options_check, get()); // Throws if the setter failed.
        return *this;
    }
    Options &on_progress(Progress function) {
        std::unique_ptr<Progress> next(new Progress(std::move(function)));
        set(identifai_options_set_progress, *next ? detail::identifai_hpp_progress : nullptr, next.get());
        progress.swap(next);
        return *this;
    }
};

class Report {
    detail::Owned<identifai_report> report;
    static std::string text(const char *value) { return value ? value : ""; }
public:
    explicit Report(detail::Owned<identifai_report> created) noexcept : report(std::move(created)) {}
    const identifai_report *get() const noexcept { return report.get(); }
    int32_t state() const noexcept { return identifai_report_state(get()); }
    int32_t classification() const noexcept { return identifai_report_classification(get()); }
    std::string summary() const { return text(identifai_report_summary(get())); }
    std::string json() const { return text(identifai_report_json(get())); }
    std::string hash() const { return text(identifai_report_hash(get())); }
};

inline std::string classify_from_url(const Options &options, const std::string &url) {
    return detail::make(identifai_string_free, identifai_classify_from_url, options.get(), url).get();
}

class Client {
    detail::Owned<identifai_client> client;
public:
    explicit Client(const Options &from)
        : client(detail::make(identifai_client_free, identifai_client_new, from.get())) {}
    const identifai_client *get() const noexcept { return client.get(); }
    std::string submit_url(int32_t medium, const std::string &url, const Options &opts = Options()) const {
        return detail::make(identifai_string_free, identifai_submit_url, get(), medium, url, opts.get()).get();
    }
    std::string submit_file(int32_t medium, const std::string &path, const Options &opts = Options()) const {
        return detail::make(identifai_string_free, identifai_submit_file, get(), medium, path, opts.get()).get();
    }
    std::string submit_bytes(int32_t medium, const uint8_t *file, size_t len, const Options &opts = Options()) const {
        return detail::make(identifai_string_free, identifai_submit_bytes, get(), medium, file, len, opts.get()).get();
    }
    Report result(int32_t medium, const std::string &identifier) const {
        return Report(detail::make(identifai_report_free, identifai_result, get(), medium, identifier));
    }
    Report wait(int32_t medium, const std::string &identifier) const {
        return Report(detail::make(identifai_report_free, identifai_wait, get(), medium, identifier));
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
    void cancel() const noexcept { identifai_cancel(get()); } // May be called from any thread.
};
} // namespace identifai
#endif
