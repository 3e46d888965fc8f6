#pragma once

#include <string>

namespace freshet {

/// Names the calling thread for top, gdb and perf; cut at 15 characters.
void name_this_thread(const std::string& name);

/// Lets the other threads of the process go first when cores are short: learning may be late,
/// lists may not.
void yield_to_other_threads();

}  // namespace freshet
