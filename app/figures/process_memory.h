#pragma once

#include <cstdint>

namespace freshet {

/// Resident memory of this process in bytes; 0 where the system does not tell. Thread-safe.
std::uint64_t resident_bytes();

}  // namespace freshet
