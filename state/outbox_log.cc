#include "state/outbox_log.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "state/stored_rows.h"

namespace freshet {

Status OutboxLog::replay(std::uint64_t number, std::string_view row) {
  auto read = decode_outbox_row(row);
  if (!read) return tl::unexpected(read.error());
  rows_[number].entries = read->settled.size() + read->owed.size();
  entries_ += rows_[number].entries;
  for (const UserId& user : read->settled) settle(user);
  for (OwedList& list : read->owed) owe(std::move(list), number);
  next_ = number + 1;
  return {};
}

OutboxLog::Change OutboxLog::apply(const Commit& commit) {
  Change change{.number = next_, .row = std::nullopt, .gone = {}};
  rows_.try_emplace(next_);
  for (const UserId& user : commit.erased) settle(user);
  for (const UserId& user : commit.settled) settle(user);
  for (const OwedList& list : commit.owed) owe(list, next_);
  drop_oldest(change);
  // Whoever is forgotten shall not be named by an older row either.
  if (!commit.erased.empty() || entries_ > 2 * debts_.size() + kSlack) {
    move_all(change);
    add_row(change, {}, owed());
  } else {
    const bool is_first = rows_.size() == 1;
    add_row(change, is_first ? std::span<const UserId>{} : commit.settled, commit.owed);
  }
  return change;
}

void OutboxLog::add_row(Change& change, std::span<const UserId> settled,
                        std::span<const OwedList> owed) {
  if (settled.empty() && owed.empty()) {
    rows_.erase(next_);
    return;
  }
  change.row = encode_outbox_row(settled, owed);
  rows_[next_].entries = settled.size() + owed.size();
  entries_ += rows_[next_].entries;
  ++next_;
}

void OutboxLog::owe(OwedList list, std::uint64_t row) {
  const auto [it, is_new] = debts_.try_emplace(list.user);
  if (!is_new) --rows_[it->second.row].owed;
  ++rows_[row].owed;
  it->second = Debt{std::move(list), row};
}

void OutboxLog::settle(const UserId& user) {
  const auto it = debts_.find(user);
  if (it == debts_.end()) return;
  --rows_[it->second.row].owed;
  debts_.erase(it);
}

void OutboxLog::drop_oldest(Change& change) {
  while (rows_.begin()->first != next_ && rows_.begin()->second.owed == 0) {
    change.gone.push_back(rows_.begin()->first);
    entries_ -= rows_.begin()->second.entries;
    rows_.erase(rows_.begin());
  }
}

void OutboxLog::move_all(Change& change) {
  for (const auto& [number, row] : rows_)
    if (number != next_) change.gone.push_back(number);
  rows_ = {{next_, Row{0, debts_.size()}}};
  entries_ = 0;
  for (auto& [user, debt] : debts_) debt.row = next_;
}

std::vector<OwedList> OutboxLog::owed() const {
  std::vector<OwedList> owed;
  owed.reserve(debts_.size());
  for (const auto& [user, debt] : debts_) owed.push_back(debt.list);
  std::sort(owed.begin(), owed.end(), [](const OwedList& a, const OwedList& b) {
    return std::tie(a.offset, a.user) < std::tie(b.offset, b.user);
  });
  return owed;
}

std::optional<OwedList> OutboxLog::owed_to(const UserId& user) const {
  const auto it = debts_.find(user);
  return it == debts_.end() ? std::nullopt : std::optional(it->second.list);
}

}  // namespace freshet
