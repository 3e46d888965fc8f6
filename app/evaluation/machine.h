#pragma once

#include <string>

namespace freshet {

/// Returns the processor, how many cores the process may use, and the compiler, for a report.
std::string machine_text();

/// Returns how this process was called.
std::string command_line();

}  // namespace freshet
