#include "scoring/ranking/rule_book.h"

#include <algorithm>
#include <utility>

namespace freshet {
namespace {

using namespace std::chrono_literals;

/// How old the choice of leaders may be while items and counts change.
constexpr auto kLeadersAge = 10s;

constexpr EventTime kNever = EventTime::max();

bool needs_labels(const Rule& rule) { return rule.kind == RuleKind::kAtMost; }

/// Everything may have changed.
bool has_image(const Delta& delta) {
  return !delta.image.empty() || std::any_of(delta.earlier.begin(), delta.earlier.end(), has_image);
}

bool is_strict(RuleKind kind) {
  return kind == RuleKind::kExclude || kind == RuleKind::kPrice ||
         kind == RuleKind::kAvailability || kind == RuleKind::kOnly;
}

}  // namespace

RuleBook::RuleBook(const ScoringConfig& config, const Catalogue& catalogue,
                   const Popularity& popularity, std::vector<std::string> context_keys)
    : catalogue_(catalogue),
      popularity_(popularity),
      scenarios_(config.scenarios),
      context_keys_(std::move(context_keys)),
      rows_(catalogue),
      labels_(catalogue) {
  const bool calibrates = std::any_of(scenarios_.begin(), scenarios_.end(),
                                      [](const auto& s) { return s.calibration.value_or(0) > 0; });
  if (calibrates || config.calibration > 0) labels_.want();
  set_rules(config.rules);
}

void RuleBook::set_rules(const std::vector<RuleConfig>& rules) {
  const std::vector<RuleConfig> before = live_rules();
  rules_ = resolve_rules(rules, scenarios_, context_keys_);
  if (std::any_of(rules_.begin(), rules_.end(), needs_labels)) labels_.want();
  rows_.compile(rules_);
  effects_.assign(rules_.size(), 0);
  choose_live();
  choose_leaders();
  if (live_rules() != before) ++generation_;
}

/// In their order.
std::vector<RuleConfig> RuleBook::live_rules() const {
  std::vector<RuleConfig> rules;
  for (std::size_t k = 0; k < rules_.size(); ++k) {
    const bool holds = std::any_of(is_live_.begin(), is_live_.end(),
                                   [k](const auto& live) { return live[k] != 0; });
    if (holds) rules.push_back(rules_[k].config);
  }
  return rules;
}

void RuleBook::follow(const Delta& delta) {
  if (has_image(delta)) {
    rows_.update_all();
    labels_.update_all();
    choose_leaders();
    return;
  }
  note_changes(delta);
  leaders_stale_ = true;
}

/// The catalogue is as it is after the whole delta: what changed twice is looked at twice.
void RuleBook::note_changes(const Delta& delta) {
  for (const Delta& earlier : delta.earlier) note_changes(earlier);
  const auto update = [this](ItemRow row) {
    if (row >= catalogue_.rows()) return;
    rows_.update(row);
    labels_.update(row);
  };
  for (const ItemRow row : delta.evicted) update(row);
  for (const ItemIdentity& item : delta.new_items) update(catalogue_.find(item.id));
  for (const ItemUpdate& item : delta.item_updates) update(catalogue_.find(item.id));
}

void RuleBook::set_time(EventTime now) {
  const bool clock_went_back = now < now_;
  now_ = now;
  if (now >= next_change_ || clock_went_back) {
    const auto before = live_;
    choose_live();
    if (live_ != before) ++generation_;
    choose_leaders();
  } else if (leaders_stale_ && (now >= leaders_time_ + kLeadersAge || clock_went_back)) {
    choose_leaders();
  }
}

void RuleBook::choose_live() {
  live_.assign(1 + scenarios_.size(), {});
  is_live_.assign(live_.size(), std::vector<std::uint8_t>(rules_.size(), 0));
  next_change_ = kNever;
  for (std::size_t k = 0; k < rules_.size(); ++k) {
    const Rule& rule = rules_[k];
    for (const EventTime at : {rule.config.from, rule.config.until})
      if (at > now_) next_change_ = std::min(next_change_, at);
    if (!rule.holds_at(now_)) continue;
    for (ScenarioIndex scenario = 0; scenario < live_.size(); ++scenario) {
      if (!rule.holds_in(scenario)) continue;
      live_[scenario].push_back(static_cast<RuleIndex>(k));
      is_live_[scenario][k] = 1;
    }
  }
}

bool RuleBook::has_leaders(ScenarioIndex scenario) const {
  return std::any_of(live_[scenario].begin(), live_[scenario].end(),
                     [this](RuleIndex rule) { return is_strict(rules_[rule].kind); });
}

/// Whatever the user; a rule that some contexts are excepted from does not count.
bool RuleBook::keeps_out(ScenarioIndex scenario, ItemRow row) const {
  const auto rules = rows_.of(row);
  for (const RuleIndex rule : live_[scenario])
    if (rules_[rule].kind == RuleKind::kOnly &&
        std::find(rules.begin(), rules.end(), rule) == rules.end())
      return true;
  return std::any_of(rules.begin(), rules.end(), [&](RuleIndex rule) {
    return is_live_[scenario][rule] != 0 && is_strict(rules_[rule].kind) &&
           rules_[rule].kind != RuleKind::kOnly && rules_[rule].context_keys.empty();
  });
}

/// One pass over the catalogue for all of them.
void RuleBook::choose_leaders() {
  leaders_stale_ = false;
  leaders_time_ = now_;
  leaders_.assign(rules_.size(), {});
  scenario_leaders_.assign(live_.size(), {});
  std::vector<std::vector<Leader>> of_rules(rules_.size());
  std::vector<std::vector<Leader>> of_scenarios(live_.size());
  const auto is_better = [](const Leader& a, const Leader& b) {
    return a.events != b.events ? a.events > b.events : a.row < b.row;
  };
  // A heap with the weakest on top: most rows are refused by one comparison.
  const auto add = [&](std::vector<Leader>& leaders, std::size_t most, Leader leader) {
    if (leaders.size() == most) {
      if (!is_better(leader, leaders.front())) return;
      std::pop_heap(leaders.begin(), leaders.end(), is_better);
      leaders.pop_back();
    }
    leaders.push_back(leader);
    std::push_heap(leaders.begin(), leaders.end(), is_better);
  };
  std::vector<ScenarioIndex> asked;
  for (ScenarioIndex s = 0; s < live_.size(); ++s)
    if (has_leaders(s)) asked.push_back(s);
  const bool promotes = std::any_of(rules_.begin(), rules_.end(), [](const Rule& rule) {
    return rule.kind == RuleKind::kPromote;
  });
  if (!promotes && asked.empty()) return;
  for (const ItemRow row : catalogue_.by_age()) {
    if (!catalogue_.available(row)) continue;
    const Leader leader{row < popularity_.rows() ? popularity_.count(row) : 0, row};
    for (const RuleIndex rule : rows_.of(row))
      if (rules_[rule].kind == RuleKind::kPromote) add(of_rules[rule], kLeadersMax, leader);
    for (const ScenarioIndex scenario : asked)
      if (!keeps_out(scenario, row)) add(of_scenarios[scenario], kScenarioLeadersMax, leader);
  }
  const auto take = [&](std::vector<Leader>& from, std::vector<ItemRow>& to) {
    std::sort_heap(from.begin(), from.end(), is_better);
    for (const Leader& leader : from) to.push_back(leader.row);
  };
  for (std::size_t k = 0; k < rules_.size(); ++k) take(of_rules[k], leaders_[k]);
  for (std::size_t s = 0; s < live_.size(); ++s) take(of_scenarios[s], scenario_leaders_[s]);
}

ScenarioIndex RuleBook::scenario(std::string_view name) const {
  for (std::size_t k = 0; k < scenarios_.size(); ++k)
    if (scenarios_[k].name == name) return k + 1;
  return 0;
}

std::vector<RuleEffect> RuleBook::take_effects() {
  std::vector<RuleEffect> effects;
  for (std::size_t k = 0; k < rules_.size(); ++k) {
    const std::uint64_t items = std::exchange(effects_[k], 0);
    if (items > 0 && !rules_[k].config.name.empty())
      effects.push_back({rules_[k].config.name, items});
  }
  return effects;
}

}  // namespace freshet
