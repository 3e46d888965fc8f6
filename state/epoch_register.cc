#include "state/epoch_register.h"

#include <algorithm>
#include <charconv>

namespace freshet {
namespace {

/// More instances than this never race for one partition.
constexpr int kAttemptsMax = 1'000;

}  // namespace

Result<std::vector<Epoch>> EpochRegister::all() {
  const std::string prefix = names_.epochs();
  auto objects = store_.list(prefix);
  if (!objects) return tl::unexpected(objects.error());
  std::vector<Epoch> epochs;
  for (const StoredObject& object : *objects) {
    Epoch epoch;
    const char* begin = object.name.data() + prefix.size();
    const char* end = object.name.data() + object.name.size();
    if (std::from_chars(begin, end, epoch.value).ptr == end) epochs.push_back(epoch);
  }
  return epochs;
}

Result<Epoch> EpochRegister::newest() {
  const auto epochs = all();
  if (!epochs) return tl::unexpected(epochs.error());
  return epochs->empty() ? Epoch{0} : *std::max_element(epochs->begin(), epochs->end());
}

Result<Epoch> EpochRegister::take(Epoch seen) {
  const auto before = all();
  if (!before) return tl::unexpected(before.error());
  Epoch epoch = seen;
  for (const Epoch taken : *before) epoch = std::max(epoch, taken);
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    ++epoch.value;
    const auto created = store_.create(names_.of(epoch), "");
    if (!created) return tl::unexpected(created.error());
    if (!*created) continue;
    for (const Epoch taken : *before) {
      if (taken < epoch) {
        ignore_error(store_.remove(names_.of(taken)), "it is taken away next time");
      }
    }
    return epoch;
  }
  return error(ErrorCode::kUnavailable, names_.epochs() +
                                            ": no epoch could be taken: others took " +
                                            std::to_string(kAttemptsMax) + " meanwhile");
}

}  // namespace freshet
