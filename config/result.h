#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace freshet {

/// What kind of trouble it is; decides the treatment (ARCHITECTURE.md, "Errors").
enum class ErrorCode {
  kInvalidConfig,  ///< The configuration or command line is wrong; nothing was started.
  kUnavailable,    ///< A broker, file or directory cannot be reached now.
  kTimedOut,       ///< It did not happen before its deadline.
  kNotFound,       ///< The named thing does not exist.
  kNoSpace,        ///< The disk is full; nothing was changed, and it may go well later.
  kCorrupt,        ///< Bytes on disk or on the wire are not what was written.
  kFenced,         ///< Another instance owns the partition by now.
  kInternal,       ///< A library failed in a way that has no better name.
};

/// Returns the code's name, for example "unavailable".
const char* to_string(ErrorCode code);

/// What went wrong: the code, what we were doing with which subject, and what to do next.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string text;
};

/// Either a value or an Error; no exception crosses a folder. Member names are std::expected's.
template <class T>
using Result = tl::expected<T, Error>;

/// Result of an action without a value.
using Status = Result<void>;

/// Makes the error branch of a Result.
[[nodiscard]] inline tl::unexpected<Error> error(ErrorCode code, std::string text) {
  return tl::unexpected<Error>(Error{code, std::move(text)});
}

/// Spells that a failure is of no consequence, and why.
template <class T>
void ignore_error(const Result<T>&, const char* /*why*/) {}

}  // namespace freshet

/// Returns the error of a failed Status from the enclosing function.
#define FRESHET_RETURN_IF_ERROR(expression)                                        \
  do {                                                                             \
    auto freshet_status = (expression);                                            \
    if (!freshet_status) return tl::unexpected(std::move(freshet_status).error()); \
  } while (false)
