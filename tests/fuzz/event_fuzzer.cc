#include <string>
#include <vector>

#include "config/config.h"
#include "ingest/event_decoder.h"
#include "tests/fuzz/fuzz_target.h"

using namespace freshet;

namespace {

/// The sample configurations: four shapes of records.
std::vector<IngestConfig> sample_configs() {
  std::vector<IngestConfig> configs;
  for (const char* name : {"freshet", "ga4", "segment", "online-retail"}) {
    auto config = load_config_file(std::string(FRESHET_SOURCE_DIR) + "/config/" + name + ".yaml");
    require(config.has_value(), "the samples are valid");
    configs.push_back(config->ingest);
    if (configs.back().format == "csv")
      configs.back().csv_columns = {"InvoiceNo",   "StockCode", "Description", "Quantity",
                                    "InvoiceDate", "UnitPrice", "CustomerID",  "Country"};
  }
  return configs;
}

}  // namespace

/// The first byte chooses the mapping, the rest is the record. An event that is let in keeps the
/// bounds that the configuration names.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<IngestConfig> configs = sample_configs();
  static std::vector<EventDecoder> decoders(configs.begin(), configs.end());
  if (size == 0) return 0;
  const std::size_t at = data[0] % configs.size();
  Record record;
  record.offset = Offset{1};
  record.timestamp = EventTime{std::chrono::milliseconds{1'700'000'000'000}};
  record.value = text_of(data + 1, size - 1);
  const auto event = decoders[at].decode(record);
  if (!event) {
    require(!event.error().text.empty(), "a bad record has a reason");
    return 0;
  }
  if (!event->has_value()) return 0;
  const Event& read = **event;
  require(!read.user.empty() && read.user.size() <= configs[at].id_bytes_max + 16,
          "a user id is neither empty nor long");
  require(!read.items.empty() && read.items.size() <= configs[at].items_per_event_max,
          "an event has items, not too many");
  for (const EventItem& item : read.items)
    require(item.quantity > 0 && !item.name.empty(), "an item has a name and is there");
  return 0;
}
