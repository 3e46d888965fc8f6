#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace freshet {

/// Returns `text` so that it stands for itself in HTML text and in quoted attributes; what is not
/// UTF-8, and control characters that HTML does not allow, become U+FFFD.
std::string escaped(std::string_view text);

/// Numbers for people; "–" when not finite. `share` 0.5712 gives "57.12 %".
std::string percent_text(double share, int decimals = 2);
/// 1234567 gives "1,234,567".
std::string count_text(std::uint64_t count);
/// 1250000 gives "1.25 M", 20000 "20 k": for axes and tiles.
std::string short_count_text(double count);
/// Fixed number of decimals.
std::string decimal_text(double number, int decimals);
/// 93.4 gives "1 min 33 s".
std::string duration_text(double seconds);

/// A table of ready markup. The first cell of a row is its heading; the others are figures, which
/// stand right-aligned.
struct HtmlTable {
  std::string caption;               ///< Plain text; read out, not shown.
  std::vector<std::string> columns;  ///< Markup.
  std::vector<std::vector<std::string>> rows;
};

/// Returns the table in a box that scrolls sideways when the page is narrow.
std::string html_table(const HtmlTable& table);

/// Returns the table folded away behind `summary` (markup).
std::string folded_table(std::string_view summary, const HtmlTable& table);

}  // namespace freshet
