#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace freshet {

/// Rows of text under headings, for people: columns are aligned, numbers to the right.
class Table {
 public:
  explicit Table(std::vector<std::string> headings) : headings_(std::move(headings)) {}

  /// `cells`: one per heading.
  void add(std::vector<std::string> cells);

  bool empty() const { return rows_.empty(); }

  /// The table as lines. `styled`: headings in bold, by terminal codes. What could steer a terminal
  /// is taken out of cells: titles come from strangers.
  std::string text(bool styled) const;

 private:
  std::vector<std::string> headings_;
  std::vector<std::vector<std::string>> rows_;
};

/// Text without what could steer a terminal, cut at `width_max` characters.
std::string for_terminal(const std::string& text, std::size_t width_max);

/// Says whether stdout is a terminal that shows styles (NO_COLOR is respected).
bool stdout_is_styled();

}  // namespace freshet
