#include "config/config_fields.h"

namespace freshet {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

void add_matching(ConfigFields& f, RuleConfig& c) {
  f.add("items", &c.items, any(), "Matches these items.");
  f.add("categories", &c.categories, any(),
        "Matches items that have one of these in their category path, at any place in it.");
  f.add("brands", &c.brands, any(), "Matches items of one of these brands.");
  f.add("tags", &c.tags, any(), "Matches items with one of these tags.");
  f.add("attributes", &c.attributes, any(), "Matches items that have all of these attributes.");
}

void add_effect(ConfigFields& f, RuleConfig& c) {
  f.add("factor", &c.factor, between(1e-6, 1e6),
        "`boost`, `bury`: what an item's probability is multiplied by.");
  f.add("position", &c.position, between(1, 1'000),
        "`pin`, `promote`: the first place taken, from 1.");
  f.add("slots", &c.slots, between(1, 1'000), "`promote`: places taken.");
  f.add("count", &c.count, between(1, 1'000), "`at_most`: items of a list, for each `per`.");
  f.add("per", &c.per, one_of({"brand", "category", "top_category", "list"}),
        "`at_most`: what they are counted by. `category` is the last of the path, `top_category` "
        "the first, `list` all matched items together.");
  f.add("price_min", &c.price_min, between(0, 1e12), "`price`: cheaper items stay out.");
  f.add("price_max", &c.price_max, between(0, 1e12),
        "`price`: dearer items stay out; 0 = no bound.");
  f.add("window", &c.window, between(seconds{0}, hours{24 * 3650}),
        "`repurchase`: how long items stay out once they were bought; it stands in for "
        "`scoring.filters.bought` where the rule matches.");
  f.add("unless_context", &c.unless_context, any(),
        "`exclude`: users whose context has all of these values get the items all the same.");
}

}  // namespace

std::vector<ConfigField> rule_fields(RuleConfig& c) {
  ConfigFields f;
  f.section("");
  f.add("name", &c.name, not_empty(), "Stands in reasons and metrics; a name once.");
  f.add("kind", &c.kind,
        one_of({"boost", "bury", "pin", "promote", "at_most", "price", "availability", "repurchase",
                "exclude"}),
        "What it does.");
  f.add("text", &c.text, any(), "What reasons call it; empty = its name.");
  f.add("scenarios", &c.scenarios, any(),
        "Where it holds; `default` = lists without a scenario, empty = everywhere.");
  f.add("from", &c.from, any(), "It holds from this time on; empty = since ever.");
  f.add("until", &c.until, any(), "It holds before this time; empty = for ever.");
  add_matching(f, c);
  add_effect(f, c);
  return f.take();
}

std::vector<ConfigField> scenario_fields(ScenarioConfig& c) {
  ConfigFields f;
  f.section("");
  f.add("list_size", &c.list_size, between(1, 1'000), "Items in a list.");
  f.add("diversity", &c.diversity, between(0, 1), "As `scoring.diversity`.");
  f.add("novelty", &c.novelty, between(0, 1), "As `scoring.novelty`.");
  f.add("calibration", &c.calibration, between(0, 1), "As `scoring.calibration`.");
  f.add("exploration_slots", &c.exploration_slots, between(0, 1'000),
        "As `scoring.exploration_slots`.");
  f.add("categories", &c.categories, any(),
        "Only items that have one of these in their category path; empty = all.");
  f.add("categories_out", &c.categories_out, any(),
        "No item that has one of these in its category path.");
  return f.take();
}

}  // namespace freshet
