#include "app/evaluation/ablation.h"

namespace freshet {

const std::vector<Ablation>& ablations() {
  static const std::vector<Ablation> kAll = {
      {"popular", [](ScoringConfig& c) { c.without_experts.push_back("popular"); }},
      {"covisitation", [](ScoringConfig& c) { c.without_experts.push_back("covisitation"); }},
      {"walk", [](ScoringConfig& c) { c.without_experts.push_back("walk"); }},
      {"repeat", [](ScoringConfig& c) { c.without_experts.push_back("repeat"); }},
      {"content", [](ScoringConfig& c) { c.content.enabled = false; }},
      {"new", [](ScoringConfig& c) { c.exploration.enabled = false; }},
      {"network", [](ScoringConfig& c) { c.network.enabled = false; }},
      {"second_stage", [](ScoringConfig& c) { c.second_stage.enabled = false; }},
      {"guard", [](ScoringConfig& c) { c.guard.enabled = false; }},
      {"reverse_pairs", [](ScoringConfig& c) { c.covisitation.reverse_weight = 0; }},
  };
  return kAll;
}

}  // namespace freshet
