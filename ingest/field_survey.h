#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace freshet {

/// What a sample of records shows of one field. Immutable once the survey is over (a value).
struct FieldFacts {
  /// As EventMapping spells it; inside an array of objects, from its elements on. "" = the elements
  /// themselves, where they are bare values.
  std::string path;
  std::string array;                          ///< Path of the array it stands in; empty = in none.
  std::vector<bool> present;                  ///< Per record: it is there, and neither null nor "".
  std::size_t record_count = 0;               ///< Records that have it.
  std::size_t value_count = 0;                ///< Values, more than records inside of arrays.
  std::size_t number_count = 0;               ///< Values that are numbers, as text too.
  std::size_t whole_count = 0;                ///< Of those, whole ones.
  std::size_t fraction_count = 0;             ///< Values that are JSON numbers and not whole.
  double least = 0;                           ///< Of the numbers.
  std::map<std::string, std::size_t> values;  ///< The different ones, each with how often it came.

  /// For people: "items[].item_id".
  std::string name() const;
};

/// Looks at a sample of JSON records and keeps count of their fields. Bounded: deeper nesting,
/// longer arrays and more fields than the constants allow are not looked at. Confined to one
/// thread.
class FieldSurvey {
 public:
  static constexpr std::size_t kFieldsMax = 400;
  static constexpr std::size_t kDepthMax = 8;
  static constexpr std::size_t kElementsMax = 20;

  FieldSurvey();
  ~FieldSurvey();

  /// Takes one record; returns why it is no JSON object, or "".
  std::string add(std::string_view record);

  /// Records that could be read.
  std::size_t record_count() const;

  /// Names that no path can spell, since they hold a dot or a bracket.
  const std::vector<std::string>& unreachable() const;

  /// The fields, in the order of their first appearance.
  std::vector<FieldFacts> facts() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace freshet
