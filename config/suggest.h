#pragma once

#include <optional>
#include <string>
#include <vector>

namespace freshet {

/// Returns which of the dotted `known` keys somebody most likely meant by the unknown `key`: the
/// same last part elsewhere, or a near spelling in the same section; empty = none comes near.
/// Thread-safe.
std::optional<std::string> suggest_key(const std::string& key,
                                       const std::vector<std::string>& known);

}  // namespace freshet
