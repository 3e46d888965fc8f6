#include "ingest/csv_fields.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "config/assert.h"

namespace freshet {
namespace {

int is_never_space(unsigned char) { return 0; }

// A field ends at the delimiter alone: the line's end is known from outside.
int is_line_end(unsigned char c) { return c == CSV_CR || c == CSV_LF; }

}  // namespace

CsvRow::CsvRow(char delimiter) {
  FRESHET_ASSERT(csv_init(&parser_, 0) == 0, "libcsv refused its own options");
  csv_set_delim(&parser_, static_cast<unsigned char>(delimiter));
  csv_set_term_func(&parser_, is_line_end);
  if (delimiter == ' ' || delimiter == '\t') csv_set_space_func(&parser_, is_never_space);
}

CsvRow::~CsvRow() { csv_free(&parser_); }

void CsvRow::add_field(void* bytes, std::size_t size, void* row) {
  auto& self = *static_cast<CsvRow*>(row);
  self.bytes_.append(static_cast<const char*>(bytes), size);
  self.field_ends_.push_back(self.bytes_.size());
}

bool CsvRow::parse(std::string_view line) {
  bytes_.clear();
  field_ends_.clear();
  const bool read =
      csv_parse(&parser_, line.data(), line.size(), &add_field, nullptr, this) == line.size();
  // Strict at the end only: a quote that does not end is an error, a stray one (12" ruler) is not.
  csv_set_opts(&parser_, CSV_STRICT | CSV_STRICT_FINI);
  const bool ended = csv_fini(&parser_, &add_field, nullptr, this) == 0;
  csv_set_opts(&parser_, 0);
  if (!ended) {
    // The parser still waits for the quote: end the row for it, or it swallows the next line.
    csv_fini(&parser_, nullptr, nullptr, nullptr);
  }
  return read && ended;
}

std::string_view CsvRow::operator[](std::size_t index) const {
  const std::size_t begin = index == 0 ? 0 : field_ends_[index - 1];
  return std::string_view(bytes_).substr(begin, field_ends_[index] - begin);
}

CsvFields::CsvFields(const FieldTable& table, const std::vector<std::string>& columns,
                     char delimiter)
    : column_count_(columns.size()), row_(delimiter) {
  for (const auto& alternatives : table.fields) {
    auto& numbers = fields_.emplace_back();
    for (const std::string& heading : alternatives) {
      const auto at = std::find(columns.begin(), columns.end(), heading);
      if (at != columns.end()) numbers.push_back(static_cast<std::size_t>(at - columns.begin()));
    }
  }
}

tl::expected<void, BadRecord> CsvFields::open(std::string_view bytes) {
  if (!simdjson::validate_utf8(bytes.data(), bytes.size())) {
    return tl::unexpected(BadRecord{BadRecordReason::kInvalidUtf8,
                                    "record: not valid UTF-8; re-encode the file, for example with "
                                    "iconv -f latin1 -t utf-8"});
  }
  if (!row_.parse(bytes)) {
    return tl::unexpected(BadRecord{
        BadRecordReason::kMalformed,
        fmt::format("record: a quoted field does not end in '{}'; close the quote (a field with a "
                    "line break inside cannot be read)",
                    shortened(bytes))});
  }
  if (row_.size() != column_count_) {
    return tl::unexpected(
        BadRecord{BadRecordReason::kMalformed,
                  fmt::format("record: {} fields where the headings name {} in '{}'; check "
                              "ingest.csv_columns and ingest.csv_delimiter",
                              row_.size(), column_count_, shortened(bytes))});
  }
  return {};
}

Scalar CsvFields::field(std::size_t index) const {
  for (const std::size_t column : fields_[index]) {
    if (!row_[column].empty()) return Scalar::of_text(row_[column]);
  }
  return {};
}

}  // namespace freshet
