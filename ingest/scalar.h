#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace freshet {

/// One value found in a record, before anybody says what it means. Its text is valid as long as the
/// reader that gave it stays on the record. Immutable after construction (a value).
struct Scalar {
  enum class Kind : std::uint8_t {
    kAbsent,  ///< Not there, null, or an empty text.
    kText,
    kInteger,
    kUnsigned,  ///< Too large for kInteger.
    kReal,
    kBool,
    kNested,  ///< An array or an object.
  };

  Kind kind = Kind::kAbsent;
  std::string_view text{};
  std::int64_t integer = 0;
  std::uint64_t unsigned_integer = 0;
  double real = 0;
  bool boolean = false;

  static Scalar of_text(std::string_view value) {
    Scalar scalar;
    if (!value.empty()) scalar.kind = Kind::kText;
    scalar.text = value;
    return scalar;
  }

  bool absent() const { return kind == Kind::kAbsent; }
};

/// Reads an id or a word: text as it is, whole numbers and bools spelt out. Empty optional when the
/// value is nested or a fraction. Appends nothing on failure.
std::optional<std::string> as_text(const Scalar& scalar);

/// Reads a number; text is accepted when all of it is one finite number.
std::optional<double> as_number(const Scalar& scalar);

/// Reads a bool; the texts true, false, 1, 0 and the numbers 1, 0 are accepted.
std::optional<bool> as_bool(const Scalar& scalar);

/// Describes what was found, for people: text in quotes and shortened to a few dozen bytes.
std::string describe(const Scalar& scalar);

/// Cuts `text` to at most `bytes_max` bytes, never inside a UTF-8 character, and adds "..." if cut.
std::string shortened(std::string_view text, std::size_t bytes_max = 48);

}  // namespace freshet
