#include "app/commands/table.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "config/assert.h"

namespace freshet {
namespace {

constexpr std::size_t kWidthMax = 60;

/// Characters, not bytes, of UTF-8.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789.,-+e% ") == std::string::npos;
}

std::string padded(const std::string& text, std::size_t width, bool to_the_right) {
  const std::string space(width - std::min(width, width_of(text)), ' ');
  return to_the_right ? space + text : text + space;
}

}  // namespace

void Table::add(std::vector<std::string> cells) {
  FRESHET_ASSERT(cells.size() == headings_.size(), "one cell per heading");
  for (std::string& cell : cells) cell = for_terminal(cell, kWidthMax);
  rows_.push_back(std::move(cells));
}

std::string Table::text(bool styled) const {
  std::string lines;
  std::vector<std::size_t> widths;
  std::vector<bool> numbers;
  for (std::size_t k = 0; k < headings_.size(); ++k) {
    widths.push_back(width_of(headings_[k]));
    numbers.push_back(!rows_.empty());
    for (const auto& row : rows_) {
      widths[k] = std::max(widths[k], width_of(row[k]));
      numbers[k] = numbers[k] && (row[k].empty() || is_number(row[k]));
    }
  }
  const auto add_line = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t k = 0; k < cells.size(); ++k)
      line += (k == 0 ? "" : "  ") + padded(cells[k], widths[k], numbers[k]);
    lines += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  };
  if (styled) lines += "\033[1m";
  add_line(headings_);
  if (styled) lines += "\033[0m";
  for (const auto& row : rows_) add_line(row);
  return lines;
}

std::string for_terminal(const std::string& text, std::size_t width_max) {
  std::string shown;
  std::size_t width = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    width += (byte & 0xC0) != 0x80;
    if (width >= width_max) return shown + "…";
    shown += byte < 0x20 || byte == 0x7F ? ' ' : c;
  }
  return shown;
}

bool stdout_is_styled() { return isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr; }

}  // namespace freshet
