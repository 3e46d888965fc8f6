#pragma once

#include <csv.h>

#include <cstddef>
#include <string>
#include <vector>

#include "config/result.h"
#include "ingest/field_reader.h"

namespace freshet {

/// Cuts one line into its fields: quotes as in RFC 4180, spaces around unquoted fields dropped.
/// Confined to one thread.
class CsvRow {
 public:
  explicit CsvRow(char delimiter);
  ~CsvRow();
  CsvRow(const CsvRow&) = delete;
  CsvRow& operator=(const CsvRow&) = delete;

  /// Returns false when a quoted field does not end.
  bool parse(std::string_view line);

  /// Number of fields of the last line.
  std::size_t size() const { return field_ends_.size(); }

  /// Field of the last line, valid until the next one.
  std::string_view operator[](std::size_t index) const;

 private:
  static void add_field(void* bytes, std::size_t size, void* row);

  csv_parser parser_{};
  std::string bytes_;
  std::vector<std::size_t> field_ends_;
};

/// Fields of a CSV row by their headings; it has no items array. Confined to one thread.
class CsvFields final : public FieldReader {
 public:
  CsvFields(const FieldTable& table, const std::vector<std::string>& columns, char delimiter);

  tl::expected<void, BadRecord> open(std::string_view bytes) override;
  Scalar field(std::size_t index) const override;
  tl::expected<std::size_t, BadRecord> find_items() override { return 0; }
  Scalar item_field(std::size_t, std::size_t) const override { return {}; }

 private:
  std::vector<std::vector<std::size_t>> fields_;  // Column numbers per field, first present wins.
  std::size_t column_count_;
  CsvRow row_;
};

}  // namespace freshet
