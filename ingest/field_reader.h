#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>
#include "ingest/dead_letter.h"
#include "ingest/scalar.h"

namespace freshet {

/// Which paths a reader shall look at. A field is a list of paths: the first one present wins.
struct FieldTable {
  std::vector<std::vector<std::string>> fields;       ///< Of the whole record.
  std::vector<std::string> items;                     ///< Where the array of items may stand.
  std::vector<std::vector<std::string>> item_fields;  ///< Inside one item; the first is its id.
};

/// Finds fields in raw bytes: the one thing that JSON and CSV do differently. A field is known by
/// its index in the FieldTable. Confined to one thread.
class FieldReader {
 public:
  virtual ~FieldReader() = default;

  /// Reads `bytes`, which must outlive the questions below. Errors: kInvalidUtf8, kMalformed.
  virtual tl::expected<void, BadRecord> open(std::string_view bytes) = 0;

  /// Returns the field, kAbsent when no path leads anywhere.
  virtual Scalar field(std::size_t index) const = 0;

  /// Counts the items of the record's array; 0 = no array. Errors: kWrongType when it is none.
  virtual tl::expected<std::size_t, BadRecord> find_items() = 0;

  /// Returns a field of the item; find_items() comes first.
  virtual Scalar item_field(std::size_t item, std::size_t index) const = 0;
};

}  // namespace freshet
