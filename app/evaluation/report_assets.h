#pragma once

#include <string_view>

namespace freshet {

/// Style and script of the HTML report, compiled in by app/evaluation/embed.cmake. Thread-safe.
std::string_view report_css();
std::string_view report_js();

}  // namespace freshet
