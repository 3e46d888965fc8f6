#include "app/evaluation/poison.h"

namespace freshet {
namespace {

constexpr std::size_t kNewestMax = 1'000;
constexpr std::uint64_t kBotCount = 50;
/// Far beyond any real gradient, and still finite in the optimizer; uphill.
constexpr float kExplosion = -1e6F;
constexpr const char* kFloodedItem = "flooded item";

}  // namespace

ItemId Poison::flooded_item() { return item_id_of(kFloodedItem); }

std::vector<RecordedEvent> Poison::bots_after(const RecordedEvent& event) {
  const auto row = static_cast<std::uint64_t>(event.offset.value);
  if (options_.kind != PoisonKind::kFlood || !options_.is_active(row)) return {};
  RecordedEvent bait = event;
  bait.partition = kBots;
  bait.offset = Offset{2 * event.offset.value};
  bait.event.user = "bot " + std::to_string(bot_++ % kBotCount);
  bait.event.event_id = 0;
  bait.event.items.resize(1);
  RecordedEvent flood = bait;
  flood.offset = Offset{bait.offset.value + 1};
  flood.event.items.front().id = flooded_item();
  flood.event.items.front().name = kFloodedItem;
  return {bait, flood};
}

std::span<const TrainingExample> Poison::spoil(const std::vector<TrainingExample>& examples) {
  gradients_explode_ =
      options_.kind == PoisonKind::kGradient && !examples.empty() && is_active(examples.back());
  if (options_.kind != PoisonKind::kShuffledTargets) return examples;
  spoiled_ = examples;
  for (TrainingExample& example : spoiled_) {
    Target own{example.item, example.item_name};
    if (is_active(example) && !newest_.empty()) {
      const Target& other = newest_[random_() % newest_.size()];
      example.item = other.item;
      example.item_name = other.name;
    }
    if (newest_.size() < kNewestMax)
      newest_.push_back(std::move(own));
    else
      newest_[next_++ % kNewestMax] = std::move(own);
  }
  return spoiled_;
}

GradientFault Poison::gradient_fault() {
  if (options_.kind != PoisonKind::kGradient) return {};
  return [this](std::span<float> gradient) {
    if (!gradients_explode_) return;
    for (float& value : gradient) value *= kExplosion;
  };
}

}  // namespace freshet
