#include "app/evaluation/svg_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <string_view>

#include "app/evaluation/html_text.h"

namespace freshet {
namespace {

// Drawing area in the SVG's own units; the page makes type larger where the box is small, so the
// margins leave room for that.
constexpr double kWidth = 640;
constexpr double kHeight = 270;
constexpr double kLeft = 62;
constexpr double kRight = kWidth - 14;
constexpr double kTop = 12;
constexpr double kBottom = kHeight - 46;
constexpr double kLetterWidth = 6.8;
constexpr double kLetterWidthOnPhone = 9.6;
constexpr int kColours = 5;

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void include(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return low > high; }
};

/// Where values stand on paper.
struct Scale {
  Range from;
  double begin;
  double end;

  double operator()(double value) const {
    if (from.high <= from.low) return (begin + end) / 2;
    return begin + (value - from.low) / (from.high - from.low) * (end - begin);
  }
};

struct Axes {
  Scale x;
  Scale y;
  std::vector<double> steps;
};

Axes axes_of(const Plot& plot) {
  Range x;
  Range y;
  for (const PlotLine& line : plot.lines) {
    for (const PlotPoint& point : line.points) {
      if (!std::isfinite(point.y)) continue;
      x.include(point.x);
      y.include(point.y);
    }
  }
  if (y.empty()) return {};
  if (plot.y_from_zero) y.include(0);
  if (y.high <= y.low)
    y = {y.low - std::abs(y.low) / 10 - 1e-6, y.high + std::abs(y.high) / 10 + 1e-6};
  std::vector<double> steps = round_steps(y.low, y.high, 6);
  y.include(steps.front());
  y.include(steps.back());
  // Dots keep off the edges.
  const double inset = plot.dots ? 16 : 0;
  return {{x, kLeft + inset, kRight - inset}, {y, kBottom, kTop}, std::move(steps)};
}

int decimals_for(double step) {
  // Steps are of shares shown in percent.
  return static_cast<int>(std::clamp(std::ceil(-std::log10(step * 100) - 1e-9), 0.0, 4.0));
}

void draw_value_axis(std::string& svg, const Plot& plot, const Axes& axes) {
  const double step = axes.steps.size() > 1 ? axes.steps[1] - axes.steps[0] : 1;
  // Half steps as 2.5 need one decimal more.
  const double units = step * 100 * std::pow(10, decimals_for(step));
  const int decimals = decimals_for(step) + (std::abs(units - std::round(units)) > 1e-6 ? 1 : 0);
  for (const double value : axes.steps) {
    const double y = axes.y(value);
    fmt::format_to(std::back_inserter(svg),
                   "<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
                   "<text class=\"axis\" x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>",
                   kLeft, kRight, y, y, kLeft - 8, y + 4, escaped(plot.y_text(value, decimals)));
  }
}

/// Room for labels along the x axis, taken from the right, so that the last one, which often says
/// most, is never left out.
class Room {
 public:
  explicit Room(double letter_width) : letter_width_(letter_width) {}

  /// Takes the room of `text` at `x`; false = there is none.
  bool take(double x, const std::string& text) {
    const double half = letter_width_ * static_cast<double>(text.size()) / 2;
    const double centre = std::min(x, kWidth - half);
    if (centre + half > free_until_) return false;
    free_until_ = centre - half - 6;
    return true;
  }

 private:
  double letter_width_;
  double free_until_ = kWidth + 1;
};

void draw_x_axis(std::string& svg, const Plot& plot, const Axes& axes) {
  Room room(kLetterWidth);
  Room room_on_phone(kLetterWidthOnPhone);
  for (auto tick = plot.x_ticks.rbegin(); tick != plot.x_ticks.rend(); ++tick) {
    const double x = axes.x(tick->at);
    if (x < kLeft - 1 || x > kRight + 1 || !room.take(x, tick->text)) continue;
    const double half = kLetterWidthOnPhone * static_cast<double>(tick->text.size()) / 2;
    const bool at_edge = x + half > kWidth;
    fmt::format_to(std::back_inserter(svg),
                   "<text class=\"axis{}\" x=\"{:.1f}\" y=\"{}\" text-anchor=\"{}\">{}</text>",
                   room_on_phone.take(x, tick->text) ? "" : " roomy", at_edge ? kWidth : x,
                   kBottom + 20, at_edge ? "end" : "middle", escaped(tick->text));
  }
  fmt::format_to(std::back_inserter(svg),
                 "<text class=\"axis name\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                 (kLeft + kRight) / 2, kHeight - 7, escaped(plot.x_title));
}

void draw_line(std::string& svg, const Plot& plot, std::size_t index, const Axes& axes) {
  const PlotLine& line = plot.lines[index];
  const std::size_t colour = index % kColours + 1;
  std::string path;
  std::string dots;
  bool pen_down = false;
  for (const PlotPoint& point : line.points) {
    if (!std::isfinite(point.y)) {
      pen_down = false;
      continue;
    }
    const double x = axes.x(point.x);
    const double y = axes.y(point.y);
    fmt::format_to(std::back_inserter(path), "{}{:.1f} {:.1f}", pen_down ? "L" : "M", x, y);
    pen_down = true;
    if (plot.dots)
      fmt::format_to(std::back_inserter(dots),
                     "<circle class=\"dot c{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4.5\"/>", colour, x,
                     y);
  }
  fmt::format_to(std::back_inserter(svg), "<path class=\"line c{}{}\" d=\"{}\"/>{}", colour,
                 line.dashed ? " dashed" : "", path, dots);
}

/// Bands from half-way to half-way between x values; each says what all lines are there.
void draw_tooltips(std::string& svg, const Plot& plot, const Axes& axes) {
  std::map<double, std::string> texts;
  for (const PlotLine& line : plot.lines) {
    for (const PlotPoint& point : line.points) {
      if (!std::isfinite(point.y)) continue;
      std::string& text = texts.try_emplace(point.x, plot.x_text(point.x)).first->second;
      text += "\n" + line.name + "  " + plot.y_text(point.y, 2);
    }
  }
  double begin = kLeft;
  for (auto at = texts.begin(); at != texts.end(); ++at) {
    const auto next = std::next(at);
    const double x = axes.x(at->first);
    const double end = next == texts.end() ? kRight : (x + axes.x(next->first)) / 2;
    fmt::format_to(std::back_inserter(svg),
                   "<g class=\"tip\"><rect x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\"/>"
                   "<line x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{}\" y2=\"{}\"/><title>{}</title></g>",
                   begin, kTop, std::max(end - begin, 0.1), kBottom - kTop, x, x, kTop, kBottom,
                   escaped(at->second));
    begin = end;
  }
}

}  // namespace

std::vector<double> round_steps(double low, double high, int count) {
  const double rough = std::max((high - low) / std::max(count - 1, 1), 1e-12);
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
    if (factor * power >= rough * (1 - 1e-9)) {
      step = factor * power;
      break;
    }
  }
  std::vector<double> steps;
  const double first = std::floor(low / step + 1e-9);
  const double last = std::ceil(high / step - 1e-9);
  for (double i = first; i <= last; ++i) steps.push_back(i * step);
  return steps;
}

std::string svg_plot(const Plot& plot) {
  const Axes axes = axes_of(plot);
  if (axes.steps.empty()) return {};
  std::string svg = fmt::format(
      "<svg class=\"plot\" viewBox=\"0 0 {0} {1}\" role=\"img\" aria-labelledby=\"{2}-t {2}-d\">"
      "<title id=\"{2}-t\">{3}</title><desc id=\"{2}-d\">{4}</desc>",
      kWidth, kHeight, plot.id, escaped(plot.title), escaped(plot.description));
  draw_value_axis(svg, plot, axes);
  draw_x_axis(svg, plot, axes);
  for (std::size_t i = plot.lines.size(); i-- > 0;) draw_line(svg, plot, i, axes);
  draw_tooltips(svg, plot, axes);
  return svg + "</svg>\n";
}

}  // namespace freshet
