#pragma once

namespace freshet {

/// Logs the broken assertion to stderr and aborts: a bug is never carried on with.
[[noreturn]] void assertion_failed(const char* condition, const char* text, const char* file,
                                   int line);

}  // namespace freshet

/// Checks what only a bug of ours can break; stays on in release builds.
#define FRESHET_ASSERT(condition, text) \
  (static_cast<bool>(condition)         \
       ? static_cast<void>(0)           \
       : ::freshet::assertion_failed(#condition, text, __FILE__, __LINE__))
