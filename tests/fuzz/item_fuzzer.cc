#include <cmath>

#include "ingest/item_decoder.h"
#include "tests/fuzz/fuzz_target.h"

using namespace freshet;

/// An update that is let in names an item, and its numbers are finite.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kEmbeddingDim = 3;
  static ItemDecoder decoder(IngestConfig{}, kEmbeddingDim);
  Record record;
  record.key = "key";
  record.value = text_of(data, size);
  const auto update = decoder.decode(record);
  if (!update) {
    require(!update.error().text.empty(), "a bad record has a reason");
    return 0;
  }
  require(!update->name.empty() && update->id.value != 0, "an item has a name and an id");
  for (const float value : update->embedding) require(std::isfinite(value), "numbers are finite");
  return 0;
}
