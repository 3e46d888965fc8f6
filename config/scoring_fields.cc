#include "config/config_fields.h"
#include "config/field_sections.h"

namespace freshet {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

void add_experts(ConfigFields& f, ScoringConfig& c) {
  f.section("scoring.catalogue");
  f.add("items_max", &c.catalogue.items_max, between(1, 1e9),
        "Most items known at a time; when it is reached the least used sixteenth leaves.");
  f.add("removed_events_max", &c.catalogue.removed_events_max, between(0, 1e12),
        "Events since a removed item's newest one after which it leaves; 0 = only for room.");
  f.add("embedding_dim", &c.catalogue.embedding_dim, between(0, 8192),
        "Size of the embedding that item updates bring; 0 = they bring none.");
  f.section("scoring.popularity");
  f.add("half_lives", &c.popularity.half_lives, {.min = 1, .max = 1e12, .not_empty = true},
        "Half-lives in learned events, shortest first.");
  f.section("scoring.covisitation");
  f.add("window", &c.covisitation.window, between(1, 10'000),
        "History entries an event is paired with, weight 1/distance.");
  f.add("reverse_weight", &c.covisitation.reverse_weight, between(0, 1),
        "Weight of the reverse direction.");
  f.add("neighbours_max", &c.covisitation.neighbours_max, between(1, 100'000),
        "Pairs kept per item; at twice this many the weakest are dropped.");
  f.add("half_life", &c.covisitation.half_life, between(1, 1e12),
        "Half-life in learned events of a pair's standing when pairs are dropped.");
  f.add("walk_edges_max", &c.covisitation.walk_edges_max, between(1, 100'000),
        "Edges per item that the two-hop walk follows.");
}

void add_encoder(ConfigFields& f, EncoderConfig& c) {
  f.section("scoring.content.encoder");
  f.add("file", &c.file, any(),
        "TorchScript module that makes an item's embedding at each of its updates; empty = none.");
  f.add("input", &c.input, one_of({"text", "embedding"}),
        "What it is given: token ids of the text, or the update's own embedding.");
  f.add("vocabulary", &c.vocabulary, any(), "For `text`: a file with one token a line.");
  f.add("tokens_max", &c.tokens_max, between(1, 4'096), "Tokens of a text that it is given.");
  f.add("dim", &c.dim, between(1, 8'192), "Size of the vectors that it gives.");
}

void add_content(ConfigFields& f, ScoringConfig& c) {
  f.section("scoring.content");
  f.add("enabled", &c.content.enabled, any(), "Rank by what item updates say of items, too.");
  f.add("features_max", &c.content.features_max, between(4, 256),
        "Features kept per item, those that say most.");
  f.add("neighbours_max", &c.content.neighbours_max, between(1, 1'000),
        "Nearest items kept per item.");
  f.add("postings_max", &c.content.postings_max, between(1, 100'000),
        "Items per inverted list, those for which the feature says most.");
  f.add("embedding_share", &c.content.embedding_share, between(0, 1),
        "Share of the own embedding in the cosine of two items that have text and embedding.");
  add_encoder(f, c.content.encoder);
  f.section("scoring.exploration");
  f.add("enabled", &c.exploration.enabled, any(), "Name new items as candidates.");
  f.add("items_max", &c.exploration.items_max, between(1, 100'000), "Newest items it looks at.");
  f.add("events_max", &c.exploration.events_max, between(1, 1'000),
        "Items with as many events are new no more.");
}

void add_network(ConfigFields& f, NetworkConfig& c) {
  f.section("scoring.network");
  f.add("enabled", &c.enabled, any(), "Learn and score with the attention network.");
  f.add("dim", &c.dim, between(4, 1024), "Size of an embedding. Larger costs memory and time.");
  f.add("heads", &c.heads, between(1, 64), "Attention heads; must divide `dim`.");
  f.add("history_max", &c.history_max, between(1, 10'000), "Newest history entries it reads.");
  f.add("negatives", &c.negatives, between(1, 65'536),
        "Sampled negatives per training step, shared by its examples.");
  f.add("recent_negatives_ratio", &c.recent_negatives_ratio, between(0, 1),
        "Share of negatives from recent targets; the rest uniform over known items.");
  f.add("learning_rate", &c.learning_rate, between(1e-9, 10), "Step size of its optimizer.");
  f.add("events_min", &c.events_min, between(0, 1e6),
        "Events on an item before the network learns and ranks it; 0 = from its first sight on.");
  f.add("table", &c.table, one_of({"fp32", "bf16", "int8"}),
        "How scoring keeps the items' vectors; smaller costs some quality. Learning has fp32.");
  f.add("context", &c.context, any(), "Read the declared context keys (`ingest.context`).");
  f.add("clock", &c.clock, any(), "Read hour and weekday (UTC) of the newest event.");
  f.add("device", &c.device, one_of({"auto", "cpu", "cuda"}), "`auto` = CUDA when present.");
}

void add_tasks(ConfigFields& f, TaskConfig& c) {
  f.section("scoring.network.tasks");
  f.add("click", &c.click, between(0, 1e6),
        "What a click is worth when the network names items; 0 = it is not asked for.");
  f.add("cart", &c.cart, between(0, 1e6), "The same of an item put into the cart.");
  f.add("purchase", &c.purchase, between(0, 1e6), "The same of a purchase.");
  f.add("like", &c.like, between(0, 1e6), "The same of a like.");
}

void add_learning(ConfigFields& f, ScoringConfig& c) {
  f.section("scoring.mixture");
  f.add("learning_rate", &c.mixture.learning_rate, between(1e-9, 10),
        "How fast the experts' weights follow their hits.");
  f.add("floor", &c.mixture.floor, between(0, 0.2), "No expert's weight falls below this.");
  f.section("scoring.second_stage");
  f.add("enabled", &c.second_stage.enabled, any(), "Re-score candidates with the learned ranker.");
  f.add("hidden", &c.second_stage.hidden, between(1, 1024), "Size of its hidden layer.");
  f.add("learning_rate", &c.second_stage.learning_rate, between(1e-9, 10),
        "Step size of its optimizer.");
  f.section("scoring.learning");
  f.add("batch_size_max", &c.learning.batch_size_max, between(1, 4096),
        "Examples ranked, then learned, together.");
  f.add("queue_max", &c.learning.queue_max, between(1, 1e7),
        "Examples that wait for the learner; when full, the fold slows down.");
  f.add("delta_interval", &c.learning.delta_interval, between(milliseconds{1}, seconds{60}),
        "Interval between two deltas to scoring. Shorter is fresher and costs time.");
  f.add("directory", &c.learning.directory, any(),
        "Where the model is kept; empty = it starts anew with each start.");
  f.add("checkpoint_interval", &c.learning.checkpoint_interval, between(seconds{1}, hours{24}),
        "Interval between two checkpoints: what a crash costs the model.");
  f.add("version_interval", &c.learning.version_interval, between(seconds{0}, hours{24 * 365}),
        "A version of the model to go back to is kept this often; 0 = only on request.");
  f.add("versions_max", &c.learning.versions_max, between(1, 1000),
        "Versions that are kept, each as large as a checkpoint; the oldest goes.");
  f.add("seed", &c.learning.seed, any(), "Seed of weights and negatives.");
}

void add_guard(ConfigFields& f, GuardConfig& c) {
  f.section("scoring.guard");
  f.add("enabled", &c.enabled, any(), "Roll back a model that goes bad, by itself.");
  f.add("window", &c.window, between(10, 1e7), "Events that a window's means are over.");
  f.add("margin", &c.margin, between(0, 1),
        "Share of its usual quality that the model may stay behind a reference.");
  f.add("threshold", &c.threshold, between(1e-3, 1e6),
        "First places lost against a reference, beyond the margin, before it is rolled back.");
  f.add("collapse_ratio", &c.collapse_ratio, between(0, 1),
        "Below this share of its usual quality it learns from a broken stream.");
  f.add("good_windows", &c.good_windows, between(1, 1e4),
        "Good windows before it learns again, and before it is trusted again.");
  f.add("keep_windows", &c.keep_windows, between(1, 1e6),
        "Good windows between two copies to roll back to.");
  f.add("gradient_norm_max", &c.gradient_norm_max, between(0, 1e12),
        "Longest gradient of the second stage; 0 = any.");
  f.add("item_share_max", &c.item_share_max, between(1e-3, 1),
        "Largest share of the newest events that one item may teach.");
}

void add_filters(ConfigFields& f, FilterConfig& c) {
  f.section("scoring.filters");
  f.add("unavailable", &c.unavailable, any(), "Unavailable and removed items stay out.");
  f.add("disliked", &c.disliked, any(), "Items the user disliked stay out.");
  f.add("bought", &c.bought, any(), "Items the user bought stay out for `repurchase_after`.");
  f.add("repurchase_after", &c.repurchase_after, between(seconds{0}, hours{24 * 3650}),
        "How long bought items stay out; `0s` = for ever.");
  f.add("seen", &c.seen, any(), "Items of the current session, the newest excepted, stay out.");
}

void add_refresh(ConfigFields& f, RefreshConfig& c) {
  f.section("scoring.refresh");
  f.add("enabled", &c.enabled, any(),
        "Make lists of active users again without an event of theirs: an item of the list became "
        "unavailable, a rule changed, a campaign began or ended, the list is old.");
  f.add("lists_per_second", &c.lists_per_second, between(0.01, 1e5),
        "Such lists a second, of all partitions together. They wait for users who did something.");
  f.add("active", &c.active, between(seconds{1}, hours{24 * 365}),
        "A user is active for so long after an event, by event time.");
  f.add("users_max", &c.users_max, between(1, 1e8),
        "Active users whose lists are watched, about 400 bytes each; who was active longest ago "
        "goes.");
  f.add("age_max", &c.age_max, between(seconds{0}, hours{24 * 365}),
        "An active user's list is made again once it is so old; `0s` = it does not age.");
}

void add_related(ConfigFields& f, RelatedConfig& c) {
  f.section("scoring.related");
  f.add("enabled", &c.enabled, any(), "Count which items are put into a basket together.");
  f.add("partners_max", &c.partners_max, between(1, 4'096),
        "Partners kept per item; a new one takes the place of the rarest.");
  f.add("half_life", &c.half_life, between(hours{1}, hours{24 * 3650}),
        "Half-life of a basket's counts, in event time.");
  f.add("prior", &c.prior, between(0.01, 1e6),
        "Baskets as expected by chance given to every pair: larger = rare pairs say less.");
}

}  // namespace

void add_fields(ConfigFields& f, ScoringConfig& c) {
  f.section("scoring");
  f.add("list_size", &c.list_size, between(1, 1'000), "Items in a list.");
  f.add("candidates_per_expert", &c.candidates_per_expert, between(1, 10'000),
        "Candidates per expert. Larger finds more and costs time.");
  f.add("batch_size_max", &c.batch_size_max, between(1, 8'192),
        "Users scored together. Larger raises throughput and p99 latency.");
  f.add("batch_linger_max", &c.batch_linger_max, between(microseconds{0}, seconds{10}),
        "Longest wait for a batch to fill; `0us` = score what is there.");
  f.add("queue_max", &c.queue_max, between(1, 1e7),
        "Users that wait for scoring; when full, lists coalesce per user.");
  f.add("rank_deadline", &c.rank_deadline, between(milliseconds{1}, seconds{60}),
        "Users that wait longer are served by counts alone.");
  f.add("served_lists_max", &c.served_lists_max, between(1, 1e9),
        "Users whose last served list is kept to measure quality as served.");
  f.add("diversity", &c.diversity, between(0, 1),
        "Trade of relevance for variety inside a list: 0 = relevance alone, 1 = variety alone.");
  f.add("language", &c.language, one_of({"en", "de", "zh"}), "Of the sentences in lists.");
  f.add("diversity_method", &c.diversity_method, one_of({"mmr", "dpp"}),
        "How variety is measured: `mmr` by the nearest item above, `dpp` by the volume that the "
        "list's items span.");
  f.add("novelty", &c.novelty, between(0, 1),
        "Trade of relevance for rarity: 0 = relevance alone, 1 = the least known first.");
  f.add("calibration", &c.calibration, between(0, 1),
        "Trade of relevance for the user's own mix of categories: 0 = relevance alone.");
  f.add("exploration_slots", &c.exploration_slots, between(0, 1'000),
        "Places of a list that are drawn among items of which little is known.");
  f.add("without_experts", &c.without_experts,
        one_of({"popular", "covisitation", "walk", "network", "repeat", "content", "new"}),
        "Experts that are left out; for ablation.");
  f.add("rules_max", &c.rules_max, between(1, 65'535),
        "Rules at a time, those of the rules topic included.");
  f.add("rules", std::make_shared<SectionsOf<RuleConfig>>(&c.rules, false, rule_fields), any(),
        "What the seller wants of lists; docs/rules.md.");
  f.add("scenarios",
        std::make_shared<SectionsOf<ScenarioConfig>>(&c.scenarios, true, scenario_fields), any(),
        "Settings of lists for the places where they are shown; docs/rules.md.");
  add_experts(f, c);
  add_content(f, c);
  add_network(f, c.network);
  add_tasks(f, c.network.tasks);
  add_learning(f, c);
  add_guard(f, c.guard);
  add_filters(f, c.filters);
  add_related(f, c.related);
  add_refresh(f, c.refresh);
}

}  // namespace freshet
