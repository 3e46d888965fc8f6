#include "state/rocksdb_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>

#include "config/durable_file.h"
#include "state/bytes.h"
#include "state/outbox_log.h"
#include "state/rocksdb_options.h"
#include "state/rocksdb_status.h"
#include "state/stored_rows.h"

namespace freshet {
namespace {

// Column families. `users`: user id -> user_state (user_state_codec.cc). `outbox`: number -> row of
// the outbox's log (outbox_log.h). `dead_letters`: offset -> dead letter. `forgotten`: hash of a
// user -> forgotten. `meta`: the keys below. Rows: stored_rows.cc.
enum Family { kMeta, kUsers, kOutbox, kDeadLetters, kForgotten, kFamilyCount };
constexpr std::array<const char*, kFamilyCount> kFamilyNames{"default", "users", "outbox",
                                                             "dead_letters", "forgotten"};
constexpr const char* kFormatKey = "format";
constexpr const char* kNextOffsetKey = "next_offset";
constexpr const char* kEpochKey = "epoch";
/// Newest offset of a rekeyed log's source partition; its topic and number follow.
constexpr std::string_view kSourceKeys = "rekeyed/";
constexpr const char* kNewestRecordKey = "newest_record";
constexpr const char* kWatermarkKey = "watermark";
constexpr const char* kOpenKey = "open";        // Stands from recover() to close().
constexpr const char* kAttemptKey = "attempt";  // stored_rows.cc
constexpr std::int64_t kFormat = 3;

/// A checkpoint copies so much of the write-ahead log rather than flush it into one more small
/// table.
constexpr std::uint64_t kCheckpointLogBytesMax = 4u << 20;

/// A database that is written to meanwhile is opened so often before that counts as a failure.
constexpr int kReadTries = 3;

std::string_view view(const rocksdb::Slice& s) { return {s.data(), s.size()}; }
/// Beside a database in which a damaged file was met; says what was found.
constexpr const char* kDamagedName = "/DAMAGED";

}  // namespace

struct RocksDbResources::Parts {
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers;
  std::uint64_t disk_free_min_bytes = 0;
};

RocksDbResources::RocksDbResources(const StateConfig& config) : parts_(std::make_unique<Parts>()) {
  parts_->cache = rocksdb::NewLRUCache(config.block_cache_bytes);
  parts_->write_buffers = std::make_shared<rocksdb::WriteBufferManager>(config.write_buffer_bytes);
  parts_->disk_free_min_bytes = config.disk_free_min_bytes;
}

RocksDbResources::~RocksDbResources() = default;

std::uint64_t RocksDbResources::memory_bytes() const {
  return parts_->cache->GetUsage() + parts_->write_buffers->memory_usage();
}

struct RocksDbStore::Parts {
  std::string directory;
  std::unique_ptr<rocksdb::DB> db;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilyCount> families{};
  std::optional<Attempt> attempt;   // As the row stands.
  bool noted = false;               // Since recover().
  std::optional<OutboxLog> outbox;  // As the rows stand; empty = to be read.
  std::uint64_t free_min_bytes = 0;
  bool full = false;  // As was found last.

  ~Parts() {
    for (auto* family : families) {
      if (db && family) db->DestroyColumnFamilyHandle(family).PermitUncheckedError();
    }
  }

  /// RocksDB is not left to find out: a log that could not be written to is lost to it, and a build
  /// with assertions ends the process.
  Status room_for(std::uint64_t needed) const {
    std::error_code unknown;
    const auto space = std::filesystem::space(directory, unknown);
    if (unknown || space.available >= needed) return {};
    return error(ErrorCode::kNoSpace,
                 "the disk of " + directory + " is full: " + std::to_string(space.available >> 20) +
                     " MiB are free, " + std::to_string(needed >> 20) +
                     " MiB are needed (state.disk_free_min_bytes). Make room; nothing is lost");
  }

  /// Once full, some more room is asked for, so that it does not go to and fro.
  Status room_for_commit() {
    const Status room = room_for(full ? free_min_bytes + free_min_bytes / 4 : free_min_bytes);
    full = !room.has_value();
    return room;
  }

  /// A damaged block is met by chance and would be met again after every start: the note makes the
  /// next open() refuse the database.
  tl::unexpected<Error> failed(const char* doing, const rocksdb::Status& status) const {
    auto met = rocksdb_failure(doing, directory, status);
    if (met.value().code == ErrorCode::kCorrupt) {
      ignore_error(write_durably(directory + kDamagedName, met.value().text),
                   "the next owner meets the damage itself");
    }
    return met;
  }

  /// Opens the first `family_count` families of a database that another process may write to.
  Status open_to_read(const std::string& path, std::size_t family_count) {
    directory = path;
    std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
    for (std::size_t i = 0; i < family_count; ++i)
      descriptors.emplace_back(kFamilyNames[i], family_options(nullptr));
    const rocksdb::DBOptions options = reader_options();
    rocksdb::Status status;
    for (int tries = 0; tries < kReadTries; ++tries) {
      std::vector<rocksdb::ColumnFamilyHandle*> handles;
      rocksdb::DB* raw = nullptr;
      status = rocksdb::DB::OpenForReadOnly(options, path, descriptors, &handles, &raw);
      if (!status.ok()) continue;  // A file that was listed may be gone by then.
      db.reset(raw);
      std::copy(handles.begin(), handles.end(), families.begin());
      return {};
    }
    return rocksdb_failure("open", path, status);
  }

  Result<std::optional<std::string>> row(Family family, const std::string& key) const {
    std::string bytes;
    const rocksdb::Status status = db->Get({}, families[family], key, &bytes);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok()) return failed("read", status);
    return bytes;
  }

  Result<std::optional<std::int64_t>> number(const char* key) const {
    const auto bytes = row(kMeta, key);
    if (!bytes) return tl::unexpected(bytes.error());
    if (!*bytes) return std::nullopt;
    ByteReader in(**bytes);
    const std::int64_t value = in.zigzag();
    if (!in.ok()) return error(ErrorCode::kCorrupt, directory + ": unreadable row " + key);
    return value;
  }

  Status read_attempt() {
    const auto bytes = row(kMeta, kAttemptKey);
    if (!bytes) return tl::unexpected(bytes.error());
    if (!*bytes) return {};
    auto read = decode_attempt(**bytes);
    if (!read) return error(read.error().code, directory + ": " + read.error().text);
    attempt = *read;
    return {};
  }

  template <class Visit>
  Status for_each_row(Family family, Visit visit) const {
    std::unique_ptr<rocksdb::Iterator> it(db->NewIterator({}, families[family]));
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      FRESHET_RETURN_IF_ERROR(visit(view(it->key()), view(it->value())));
    }
    if (!it->status().ok()) return failed("read", it->status());
    return {};
  }

  Status read_outbox() {
    outbox.emplace();
    return for_each_row(kOutbox, [&](auto key, auto row) -> Status {
      const auto number = decode_outbox_key(key);
      return number ? outbox->replay(*number, row) : tl::unexpected(number.error());
    });
  }

  /// Adds what `commit` does to the outbox.
  Status change_outbox(const Commit& commit, rocksdb::WriteBatch& batch) {
    if (!outbox) FRESHET_RETURN_IF_ERROR(read_outbox());
    const OutboxLog::Change change = outbox->apply(commit);
    if (change.row) batch.Put(families[kOutbox], outbox_key(change.number), *change.row);
    for (const std::uint64_t number : change.gone)
      batch.Delete(families[kOutbox], outbox_key(number));
    return {};
  }

  Result<StoredPosition> position() const {
    const auto next_offset = number(kNextOffsetKey);
    if (!next_offset) return tl::unexpected(next_offset.error());
    const auto epoch = number(kEpochKey);
    if (!epoch) return tl::unexpected(epoch.error());
    StoredPosition position;
    if (next_offset->has_value()) position.next_offset = Offset{**next_offset};
    position.epoch = Epoch{epoch->value_or(0)};
    const auto bytes = row(kMeta, kNewestRecordKey);
    if (!bytes) return tl::unexpected(bytes.error());
    if (!*bytes) return position;
    auto mark = decode_log_mark(**bytes);
    if (!mark) return tl::unexpected(mark.error());
    position.newest_record = *mark;
    return position;
  }

  static std::string number_row(std::int64_t value) {
    ByteWriter out;
    out.zigzag(value);
    return out.take();
  }
};

RocksDbStore::RocksDbStore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
RocksDbStore::~RocksDbStore() = default;

Result<std::unique_ptr<RocksDbStore>> RocksDbStore::open(const std::string& directory,
                                                         const RocksDbResources& resources) {
  std::error_code made;
  std::filesystem::create_directories(directory, made);
  if (made) {
    return error(ErrorCode::kUnavailable, "make state directory " + directory + ": " +
                                              made.message() +
                                              ". Set state.directory to a "
                                              "directory that can be written");
  }
  if (const auto damage = read_file(directory + kDamagedName)) {
    return error(ErrorCode::kCorrupt, "state database " + directory + " is damaged: " + *damage);
  }
  const rocksdb::DBOptions options = writer_options(resources.parts_->write_buffers);
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const char* name : kFamilyNames) {
    descriptors.emplace_back(name, family_options(resources.parts_->cache));
  }
  set_up_for_users(descriptors[kUsers].options);
  auto parts = std::make_unique<Parts>();
  parts->directory = directory;
  parts->free_min_bytes = resources.parts_->disk_free_min_bytes;
  FRESHET_RETURN_IF_ERROR(parts->room_for(parts->free_min_bytes));
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(options, directory, descriptors, &handles, &db);
  if (!status.ok()) return rocksdb_failure("open", directory, status);
  parts->db.reset(db);
  std::copy(handles.begin(), handles.end(), parts->families.begin());
  return std::unique_ptr<RocksDbStore>(new RocksDbStore(std::move(parts)));
}

Result<Recovery> RocksDbStore::recover() {
  auto format = parts_->number(kFormatKey);
  if (!format) return tl::unexpected(format.error());
  if (format->value_or(kFormat) != kFormat) {
    return error(ErrorCode::kCorrupt, "state database " + parts_->directory + " has format " +
                                          std::to_string(**format) + ", this program reads " +
                                          std::to_string(kFormat));
  }
  const auto position = parts_->position();
  if (!position) return tl::unexpected(position.error());
  const auto open = parts_->number(kOpenKey);
  if (!open) return tl::unexpected(open.error());
  FRESHET_RETURN_IF_ERROR(parts_->read_attempt());

  Recovery recovery;
  recovery.orderly = !open->has_value();
  recovery.attempt = parts_->attempt;
  recovery.next_offset = position->next_offset;
  recovery.epoch = Epoch{position->epoch.value + 1};
  FRESHET_RETURN_IF_ERROR(write_epoch(recovery.epoch));
  const auto opened = parts_->db->Put({}, parts_->families[kMeta], kOpenKey,
                                      Parts::number_row(recovery.epoch.value));
  if (!opened.ok()) return parts_->failed("write", opened);
  FRESHET_RETURN_IF_ERROR(parts_->read_outbox());
  recovery.owed = parts_->outbox->owed();
  FRESHET_RETURN_IF_ERROR(parts_->for_each_row(kDeadLetters, [&](auto, auto row) -> Status {
    auto letter = decode_dead_letter(row);
    if (!letter) return tl::unexpected(letter.error());
    recovery.dead_letters.push_back(std::move(*letter));
    return {};
  }));
  FRESHET_RETURN_IF_ERROR(parts_->for_each_row(kForgotten, [&](auto key, auto row) -> Status {
    auto forgotten = decode_forgotten_user(key, row);
    if (!forgotten) return tl::unexpected(forgotten.error());
    recovery.forgotten.push_back(*forgotten);
    return {};
  }));
  FRESHET_RETURN_IF_ERROR(parts_->for_each_row(kMeta, [&](auto key, auto row) -> Status {
    if (key == kWatermarkKey) {
      auto watermark = decode_watermark(row);
      if (!watermark) return tl::unexpected(watermark.error());
      recovery.watermark = std::move(*watermark);
    }
    if (!key.starts_with(kSourceKeys)) return {};
    const auto source = decode_source_record(row);
    if (!source) return tl::unexpected(source.error());
    recovery.source_offsets[source->from] = source->offset;
    return {};
  }));
  return recovery;
}

Status RocksDbStore::write_epoch(Epoch epoch) {
  rocksdb::WriteBatch batch;
  batch.Put(parts_->families[kMeta], kFormatKey, Parts::number_row(kFormat));
  batch.Put(parts_->families[kMeta], kEpochKey, Parts::number_row(epoch.value));
  rocksdb::WriteOptions durable;
  durable.sync = true;  // An epoch must never be taken twice, not even over a crash of the machine.
  const rocksdb::Status status = parts_->db->Write(durable, &batch);
  if (!status.ok()) return parts_->failed("write", status);
  return {};
}

Status RocksDbStore::raise_epoch(Epoch epoch) {
  const auto position = parts_->position();
  if (!position) return tl::unexpected(position.error());
  return epoch > position->epoch ? write_epoch(epoch) : Status{};
}

Result<StoredPosition> RocksDbStore::position() const { return parts_->position(); }

Result<StoredPosition> RocksDbStore::position_in(const std::string& directory) {
  Parts parts;
  // The first family alone, which a database of any format has.
  FRESHET_RETURN_IF_ERROR(parts.open_to_read(directory, 1));
  return parts.position();
}

Result<UserRows> RocksDbStore::rows_in(const std::string& directory, const UserId& user) {
  Parts parts;
  FRESHET_RETURN_IF_ERROR(parts.open_to_read(directory, kFamilyCount));
  UserRows rows;
  const auto state = parts.row(kUsers, user);
  if (!state) return tl::unexpected(state.error());
  rows.has_state = state->has_value();
  FRESHET_RETURN_IF_ERROR(parts.read_outbox());
  rows.owed = parts.outbox->owed_to(user);
  const std::string key = forgotten_key(user_hash(user));
  const auto forgotten = parts.row(kForgotten, key);
  if (!forgotten) return tl::unexpected(forgotten.error());
  if (*forgotten) {
    auto decoded = decode_forgotten_user(key, **forgotten);
    if (!decoded) return tl::unexpected(decoded.error());
    rows.forgotten = *decoded;
  }
  FRESHET_RETURN_IF_ERROR(parts.for_each_row(kDeadLetters, [&](auto, auto row) -> Status {
    const auto letter = decode_dead_letter(row);
    if (!letter) return tl::unexpected(letter.error());
    if (letter->key == user) rows.dead_letters.push_back(letter->offset);
    return {};
  }));
  return rows;
}

Status RocksDbStore::verify() const {
  const rocksdb::Status status = parts_->db->VerifyChecksum();
  if (!status.ok()) return parts_->failed("verify", status);
  return {};
}

Status RocksDbStore::checkpoint(const std::string& directory) const {
  FRESHET_RETURN_IF_ERROR(parts_->room_for(parts_->free_min_bytes));
  rocksdb::Checkpoint* raw = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(parts_->db.get(), &raw);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(raw);
  if (status.ok()) {
    const std::string absolute = std::filesystem::absolute(directory);  // As RocksDB wants it.
    status = checkpoint->CreateCheckpoint(absolute, kCheckpointLogBytesMax);
  }
  if (!status.ok()) return parts_->failed("copy", status);
  return {};
}

std::uint64_t RocksDbStore::write_count() const { return parts_->db->GetLatestSequenceNumber(); }

Result<std::vector<std::optional<std::string>>> RocksDbStore::load(std::span<const UserId> users) {
  const std::size_t n = users.size();
  std::vector<rocksdb::Slice> keys;
  keys.reserve(n);
  for (const UserId& user : users) keys.emplace_back(user);
  std::vector<rocksdb::PinnableSlice> values(n);
  std::vector<rocksdb::Status> statuses(n);
  parts_->db->MultiGet({}, parts_->families[kUsers], n, keys.data(), values.data(),
                       statuses.data());
  std::vector<std::optional<std::string>> states(n);
  for (std::size_t i = 0; i < n; ++i) {
    if (statuses[i].IsNotFound()) continue;
    if (!statuses[i].ok()) return parts_->failed("read", statuses[i]);
    states[i].emplace(values[i].data(), values[i].size());
  }
  return states;
}

Status RocksDbStore::commit(const Commit& commit) {
  FRESHET_RETURN_IF_ERROR(parts_->room_for_commit());
  const auto& families = parts_->families;
  rocksdb::WriteBatch batch;
  FRESHET_RETURN_IF_ERROR(parts_->change_outbox(commit, batch));
  for (const UserId& user : commit.erased) batch.Delete(families[kUsers], user);
  for (const ForgottenUser& row : commit.forgotten) {
    batch.Put(families[kForgotten], forgotten_key(row.user_hash), encode_row(row));
  }
  for (const auto* row : in_key_order(commit.states))
    batch.Put(families[kUsers], row->first, row->second);
  for (const DeadLetter& letter : commit.dead_letters) {
    batch.Put(families[kDeadLetters], dead_letter_key(letter.offset), encode_row(letter));
  }
  for (const Offset offset : commit.settled_dead_letters) {
    batch.Delete(families[kDeadLetters], dead_letter_key(offset));
  }
  for (const auto& [from, offset] : commit.source_offsets) {
    batch.Put(families[kMeta],
              std::string(kSourceKeys) + from.topic + "/" + std::to_string(from.partition.value),
              encode_row(SourceRecord{from, offset}));
  }
  batch.Put(families[kMeta], kNextOffsetKey, Parts::number_row(commit.next_offset.value));
  if (commit.newest_record) {
    batch.Put(families[kMeta], kNewestRecordKey, encode_row(*commit.newest_record));
  }
  if (commit.watermark) batch.Put(families[kMeta], kWatermarkKey, encode_row(*commit.watermark));
  const bool attempt_done = parts_->attempt && commit.next_offset > parts_->attempt->first;
  if (attempt_done) batch.Delete(families[kMeta], kAttemptKey);
  const rocksdb::Status status = parts_->db->Write({}, &batch);
  if (!status.ok()) {
    parts_->outbox.reset();
    return parts_->failed("write", status);
  }
  if (attempt_done) parts_->attempt.reset();
  return {};
}

Status RocksDbStore::note(const Attempt& attempt) {
  const auto status =
      parts_->db->Put({}, parts_->families[kMeta], kAttemptKey, encode_row(attempt));
  if (!status.ok()) return parts_->failed("write", status);
  parts_->attempt = attempt;
  parts_->noted = true;
  return {};
}

void RocksDbStore::close() {
  rocksdb::WriteBatch batch;
  batch.Delete(parts_->families[kMeta], kOpenKey);
  if (parts_->noted && parts_->attempt) {
    const auto known = before(*parts_->attempt);
    batch.Delete(parts_->families[kMeta], kAttemptKey);
    if (known) batch.Put(parts_->families[kMeta], kAttemptKey, encode_row(*known));
  }
  // Without it the next start suspects the first batch a little earlier than it should.
  parts_->db->Write({}, &batch).PermitUncheckedError();
}

Status RocksDbStore::visit_users_between(const UserId& begin, const UserId& end,
                                         const UserVisitor& visit) {
  rocksdb::ReadOptions options;
  options.fill_cache = false;  // Who is visited is not who comes.
  const rocksdb::Slice bound(end);
  if (!end.empty())
    options.iterate_upper_bound = &bound;  // Deleted rows are not looked for beyond.
  const std::unique_ptr<rocksdb::Iterator> it(
      parts_->db->NewIterator(options, parts_->families[kUsers]));
  for (it->Seek(begin); it->Valid(); it->Next()) {
    if (!visit(view(it->key()), view(it->value()))) break;
  }
  if (!it->status().ok()) return parts_->failed("read", it->status());
  return {};
}

RocksDbFigures RocksDbStore::figures() const {
  const auto property = [&](const std::string& name, std::initializer_list<Family> families) {
    std::uint64_t sum = 0;
    for (const Family family : families) {
      std::uint64_t value = 0;
      if (parts_->db->GetIntProperty(parts_->families[family], name, &value)) sum += value;
    }
    return sum;
  };
  using Properties = rocksdb::DB::Properties;
  RocksDbFigures figures;
  figures.users_estimate = property(Properties::kEstimateNumKeys, {kUsers});
  figures.sst_bytes =
      property(Properties::kTotalSstFilesSize, {kMeta, kUsers, kOutbox, kDeadLetters, kForgotten});
  figures.memtable_bytes = property(Properties::kCurSizeAllMemTables,
                                    {kMeta, kUsers, kOutbox, kDeadLetters, kForgotten});
  figures.pending_compaction_bytes =
      property(Properties::kEstimatePendingCompactionBytes, {kUsers, kOutbox});
  return figures;
}

}  // namespace freshet
