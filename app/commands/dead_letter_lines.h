#pragma once

#include <string>
#include <vector>

#include "ingest/kafka_dead_letters.h"

namespace freshet {

/// Dead letters as JSON, one a line: what `freshet dead-letters list --json` writes, people mend
/// and `replay --file` reads. Key and value stand as text, or under `key_base64` and `value_base64`
/// where they are no UTF-8. All thread-safe (no state).

/// The letter as one line, without its end.
std::string to_json_line(const StoredDeadLetter& letter);

/// Reads one line. `value` may be an object too: it is sent as compact JSON. Errors:
/// kInvalidConfig saying what is missing or wrong.
Result<StoredDeadLetter> parse_dead_letter_line(const std::string& line);

/// Reads a file of lines, "-" = stdin; blank lines do not count. Errors: kNotFound, kInvalidConfig
/// naming the line.
Result<std::vector<StoredDeadLetter>> read_dead_letter_file(const std::string& path);

}  // namespace freshet
