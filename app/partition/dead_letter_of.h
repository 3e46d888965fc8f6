#pragma once

#include "ingest/dead_letter.h"
#include "ingest/record.h"

namespace freshet {

/// Returns the dead letter of a record of `topic`; its value is cut at `bytes_max`. Thread-safe.
DeadLetter dead_letter_of(const Record& record, const std::string& topic, BadRecord why,
                          std::size_t bytes_max);

}  // namespace freshet
