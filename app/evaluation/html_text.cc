#include "app/evaluation/html_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "sinks/json_text.h"

namespace freshet {
namespace {

constexpr std::string_view kNoNumber = "\u2013";

/// Without zeros that say nothing: "2.50" becomes "2.5".
std::string trimmed(std::string digits) {
  if (digits.find('.') == std::string::npos) return digits;
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  return digits;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : valid_utf8(text)) {
    const bool control = static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        if (control) {
          result += "\uFFFD";
        } else {
          result += c;
        }
    }
  }
  return result;
}

std::string percent_text(double share, int decimals) {
  if (!std::isfinite(share)) return std::string(kNoNumber);
  return fmt::format("{:.{}f} %", 100 * share, decimals);
}

std::string count_text(std::uint64_t count) {
  const std::string digits = std::to_string(count);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string short_count_text(double count) {
  if (!std::isfinite(count)) return std::string(kNoNumber);
  if (count >= 999'500) return trimmed(fmt::format("{:.2f}", count / 1e6)) + " M";
  if (count >= 1'000)
    return trimmed(fmt::format("{:.{}f}", count / 1e3, count < 99'950 ? 1 : 0)) + " k";
  return fmt::format("{:.0f}", count);
}

std::string decimal_text(double number, int decimals) {
  if (!std::isfinite(number)) return std::string(kNoNumber);
  return fmt::format("{:.{}f}", number, decimals);
}

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds)) return std::string(kNoNumber);
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
}

std::string html_table(const HtmlTable& table) {
  std::string html = fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table>"
      "<caption>{0}</caption><thead><tr>",
      escaped(table.caption));
  for (const std::string& column : table.columns)
    fmt::format_to(std::back_inserter(html), "<th scope=\"col\">{}</th>", column);
  html += "</tr></thead><tbody>";
  for (const auto& row : table.rows) {
    html += "<tr>";
    bool heading = true;
    for (const std::string& cell : row) {
      html += heading ? "<th scope=\"row\">" : "<td>";
      html += cell;
      html += heading ? "</th>" : "</td>";
      heading = false;
    }
    html += "</tr>";
  }
  return html + "</tbody></table></div>\n";
}

std::string folded_table(std::string_view summary, const HtmlTable& table) {
  return fmt::format("<details><summary>{}</summary>{}</details>\n", summary, html_table(table));
}

}  // namespace freshet
