#include "scoring/experts/network_expert.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "scoring/experts/top_list.h"
#include "scoring/network/conditions.h"
#include "scoring/topk/row_kernels.h"

namespace freshet {
namespace {

/// An action with less weight is not asked for: each costs a scan of the whole catalogue.
constexpr double kTaskWeightMin = 0.1;

}  // namespace

std::vector<NetworkExpert::Task> NetworkExpert::tasks_after(Action last) const {
  const std::array<std::pair<Action, double>, 4> all{{{Action::kClick, worth_.click},
                                                      {Action::kCart, worth_.cart},
                                                      {Action::kPurchase, worth_.purchase},
                                                      {Action::kLike, worth_.like}}};
  const auto share = [&](const auto& task) {
    return actions_.share(last, task.first) * task.second;
  };
  double total = 0, asked = 0;
  for (const auto& task : all) total += share(task);
  for (const auto& task : all) asked += share(task) < kTaskWeightMin * total ? 0 : share(task);
  if (!(asked > 0)) return {{Action::kClick, 1}};
  std::vector<Task> tasks;
  for (const auto& task : all)
    if (share(task) > 0 && share(task) >= kTaskWeightMin * total)
      tasks.push_back({task.first, static_cast<float>(share(task) / asked)});
  return tasks;
}

void NetworkExpert::start_batch(std::span<const Context* const> contexts, std::size_t count,
                                std::span<const std::uint64_t> unavailable) {
  best_.clear();
  log_sum_exp_.clear();
  queries_.clear();
  tasks_.clear();
  starts_.assign(1, 0);
  batch_failed_ = false;
  if (network_ == nullptr) return;
  table_ = network_->item_table();  // It may have grown, and features read it.
  std::vector<Sequence> sequences;
  for (const Context* context : contexts) {
    if (!context->sequence.empty()) {
      for (const Task& task : tasks_after(context->last_action)) {
        sequences.push_back(context->sequence);
        add_task(task.action, sequences.back());
        tasks_.push_back(task);
      }
    }
    starts_.push_back(tasks_.size());
  }
  if (sequences.empty()) return;
  auto queries = network_->queries(sequences);
  batch_failed_ = !queries || queries->size() != sequences.size() * table_.dim;
  if (batch_failed_) return;
  queries_ = std::move(*queries);
  if (DeviceScan* scan = network_->device_scan()) return scan_on_device(*scan, count, unavailable);
  index_.follow(table_);
  best_ = index_.search(table_, {.queries = queries_, .k = count, .excluded = unavailable},
                        &log_sum_exp_);
}

void NetworkExpert::scan_on_device(DeviceScan& scan, std::size_t count,
                                   std::span<const std::uint64_t> unavailable) {
  batch_failed_ = true;
  if (!scan.follow(table_)) return;
  auto found = scan.search(queries_, count, unavailable);
  if (!found) return;
  best_ = std::move(found->best);
  log_sum_exp_ = std::move(found->log_sum_exp);
  batch_failed_ = false;
}

void NetworkExpert::prepare(const Context& context, std::size_t) {
  is_occluded_ = false;
  const std::size_t index = context.batch_index;
  const bool asked = index + 1 < starts_.size();
  begin_ = asked ? starts_[index] : 0;
  end_ = asked ? starts_[index + 1] : 0;
  failed_ = batch_failed_ && begin_ < end_;
  for (std::size_t query = begin_; query < end_ && !failed_; ++query) failed_ = !finite(query);
  if (failed_) begin_ = end_ = 0;
  if (awake()) sequence_ = context.sequence;
}

bool NetworkExpert::finite(std::size_t query) const {
  const float* values = queries_.data() + query * table_.dim;
  return std::isfinite(log_sum_exp_[query]) &&
         std::all_of(values, values + table_.dim, [](float x) { return std::isfinite(x); });
}

void NetworkExpert::candidates(std::size_t count, std::vector<ScoredRow>& best) {
  best.clear();
  if (!awake()) return;
  if (end_ - begin_ == 1) {
    for (const ScoredRow& entry : best_[begin_]) {
      if (best.size() == count) return;
      best.push_back({entry.row, std::exp(entry.score - log_sum_exp_[begin_])});
    }
    return;
  }
  for (std::size_t query = begin_; query < end_; ++query)
    for (const ScoredRow& entry : best_[query]) best.push_back({entry.row, 0});
  std::sort(best.begin(), best.end(), [](auto& a, auto& b) { return a.row < b.row; });
  best.erase(std::unique(best.begin(), best.end(), [](auto& a, auto& b) { return a.row == b.row; }),
             best.end());
  for (ScoredRow& entry : best) entry.score = probability(entry.row);
  keep_best(best, count);
}

float NetworkExpert::probability(ItemRow row) const {
  if (!awake() || row >= table_.rows) return 0;
  if (end_ - begin_ == 1) return probability(begin_, row);
  float sum = 0;
  for (std::size_t query = begin_; query < end_; ++query)
    sum += tasks_[query].weight * probability(query, row);
  return sum;
}

float NetworkExpert::probability(std::size_t query, ItemRow row) const {
  buffer_.resize(table_.dim);
  const float logit = this->logit(queries_.data() + query * table_.dim, row);
  const float probability = std::exp(logit - log_sum_exp_[query]);
  return std::isfinite(probability) ? std::min(probability, 1.0F) : 0;
}

float NetworkExpert::logit(const float* query, ItemRow row) const {
  const float* vector = table_.vector(row, buffer_.data());
  float dot = 0;
  row_kernels().dots(query, table_.dim, &vector, 1, &dot);
  return dot + table_.biases[row];
}

void NetworkExpert::add_influences(ItemRow row, std::vector<Influence>& influences) {
  if (!awake() || row >= table_.rows) return;
  if (!is_occluded_) occlude();
  const float all = probability(row);
  if (left_out_.empty()) {
    influences.push_back({.item = sequence_.steps.back().row, .share = 1, .loss = all});
    return;
  }
  history_logits_.resize(history_rows_.size());
  row_kernels().dots(table_.vector(row, buffer_.data()), table_.dim, history_rows_.data(),
                     history_rows_.size(), history_logits_.data());
  const float whole = among_candidates(0, table_.biases[row]);
  const std::size_t first = influences.size();
  float losses = 0;
  for (std::size_t k = 0; k < left_out_.size(); ++k) {
    const float left = among_candidates(1 + k, table_.biases[row]);
    const float loss = whole > 0 ? all * (whole - left) / whole : 0;
    influences.push_back({.item = left_out_[k], .loss = loss});
    losses += std::max(loss, 0.0F);
  }
  for (Influence& influence : std::span(influences).subspan(first))
    influence.share = losses > 0 ? std::max(influence.loss, 0.0F) / losses : 0;
}

/// With one item, or when the network fails, there is nothing to compare.
void NetworkExpert::occlude() {
  is_occluded_ = true;
  left_out_.clear();
  for (const SequenceStep& step : sequence_.steps)
    if (std::find(left_out_.begin(), left_out_.end(), step.row) == left_out_.end())
      left_out_.push_back(step.row);
  if (left_out_.size() < 2 || !ask_without_each()) return left_out_.clear();
  sum_candidates();
}

/// Fills `histories_`.
bool NetworkExpert::ask_without_each() {
  std::vector<Sequence> sequences;
  for (const ItemRow item : left_out_) {
    Sequence rest = sequence_;
    std::erase_if(rest.steps, [item](const SequenceStep& step) { return step.row == item; });
    for (std::size_t task = begin_; task < end_; ++task) {
      sequences.push_back(rest);
      add_task(tasks_[task].action, sequences.back());
    }
  }
  const auto queries = network_->queries(sequences);
  table_ = network_->item_table();
  if (!queries || queries->size() != sequences.size() * table_.dim) return false;
  const auto whole = queries_.begin() + static_cast<std::ptrdiff_t>(begin_ * table_.dim);
  histories_.assign(whole, whole + static_cast<std::ptrdiff_t>((end_ - begin_) * table_.dim));
  histories_.insert(histories_.end(), queries->begin(), queries->end());
  history_rows_.clear();
  for (std::size_t k = 0; k < histories_.size(); k += table_.dim)
    history_rows_.push_back(&histories_[k]);
  return true;
}

/// All histories are scored side by side, as the queries of a batch are.
void NetworkExpert::sum_candidates() {
  compared_.clear();
  compared_biases_.clear();
  buffer_.resize(table_.dim);
  for (std::size_t query = begin_; query < end_; ++query) {
    for (const ScoredRow& entry : best_[query]) {
      const float* vector = table_.vector(entry.row, buffer_.data());
      compared_.insert(compared_.end(), vector, vector + table_.dim);
      compared_biases_.push_back(table_.biases[entry.row]);
    }
  }
  const ItemTableView candidates{.vectors = compared_.data(),
                                 .biases = compared_biases_.data(),
                                 .rows = compared_biases_.size(),
                                 .dim = table_.dim};
  top_k(candidates, histories_, 0, {}, &history_sums_);
}

/// The probability of the row that `history_logits_` are of, its bias not included, among the
/// expert's own candidates after one of the histories.
float NetworkExpert::among_candidates(std::size_t history, float bias) const {
  float sum = 0;
  for (std::size_t task = 0; task < end_ - begin_; ++task) {
    const std::size_t k = history * (end_ - begin_) + task;
    sum += tasks_[begin_ + task].weight * std::exp(history_logits_[k] + bias - history_sums_[k]);
  }
  return sum;
}

}  // namespace freshet
