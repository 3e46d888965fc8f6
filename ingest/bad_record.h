#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "ingest/dead_letter.h"

namespace freshet {

/// Why a record was not decoded, for a decoder to return.
inline tl::unexpected<BadRecord> bad(BadRecordReason reason, std::string text) {
  return tl::unexpected<BadRecord>(BadRecord{reason, std::move(text)});
}

}  // namespace freshet
