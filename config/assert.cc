#include "config/assert.h"

#include <cstdio>
#include <cstdlib>

namespace freshet {

void assertion_failed(const char* condition, const char* text, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: bug: %s (%s)\n", file, line, text, condition);
  std::abort();
}

}  // namespace freshet
