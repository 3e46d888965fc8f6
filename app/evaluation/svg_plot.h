#pragma once

#include <functional>
#include <string>
#include <vector>

namespace freshet {

/// A label of an axis.
struct Tick {
  double at = 0;
  std::string text;
};

struct PlotPoint {
  double x = 0;
  double y = 0;  ///< Not finite = a gap.
};

/// One line of a plot.
struct PlotLine {
  std::string name;
  std::vector<PlotPoint> points;  ///< x ascending.
  bool dashed = false;
};

/// A plot of lines over one x axis.
struct Plot {
  std::string id;           ///< Of the element; unique on the page, plain ASCII.
  std::string title;        ///< Plain text.
  std::string description;  ///< What it shows, for those who cannot see it.
  std::string x_title;
  std::vector<PlotLine> lines;
  std::vector<Tick> x_ticks;                       ///< Ascending; those without room are left out.
  bool y_from_zero = true;                         ///< Else the axis ends near the data.
  bool dots = false;                               ///< Marks every point.
  std::function<std::string(double, int)> y_text;  ///< (value, decimals) as text.
  std::function<std::string(double)> x_text;       ///< Of a point, for its tooltip.
};

/// Returns round values from near `low` to near `high`, at most `count`, at equal steps.
std::vector<double> round_steps(double low, double high, int count);

/// Returns the plot as an SVG element that scales with its box; colours and type come from the
/// page's style sheet, tooltips from <title> elements. Empty when there is nothing to draw.
std::string svg_plot(const Plot& plot);

}  // namespace freshet
