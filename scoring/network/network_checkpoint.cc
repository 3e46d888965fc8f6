#include "scoring/network/network_checkpoint.h"

#include <utility>

#include "scoring/network/dense_weights.h"
#include "scoring/network/finite.h"
#include "scoring/network/safetensors.h"
#include "scoring/network/step_batch.h"

namespace freshet {
namespace {

constexpr const char* kSums = "adagrad.";

/// Some rows of a table, under a name of their own.
struct TablePart {
  const char* name;
  std::size_t first, rows;
};

std::vector<TablePart> context_parts(const NetworkConfig& config) {
  return {{"action.embedding", 0, kActionRows},
          {"gap.embedding", kActionRows, kGapBuckets},
          {"position.embedding", kActionRows + kGapBuckets, config.history_max}};
}

std::vector<TablePart> condition_parts() {
  return {{"task.embedding", 0, kTaskRows},
          {"hour.embedding", kHoursBegin, kHourRows},
          {"weekday.embedding", kWeekdaysBegin, kWeekdayRows},
          {"value.embedding", kValuesBegin, kValueRows}};
}

void add_parts(const std::string& prefix, const std::vector<TablePart>& parts, std::size_t dim,
               std::span<const float> values, SafetensorsWriter& writer) {
  for (const TablePart& part : parts) {
    writer.add(prefix + part.name, {part.rows, dim},
               {values.subspan(part.first * dim, part.rows * dim)});
  }
}

void add_dense(const std::string& prefix, const NetworkConfig& config,
               std::span<const float> values, SafetensorsWriter& writer) {
  for (const DenseMatrix& matrix : dense_matrices({config.dim, config.heads})) {
    std::vector<std::span<const float>> rows;
    for (std::size_t i = 0; i < config.dim; ++i) {
      rows.push_back(values.subspan(matrix.offset + i * matrix.row, config.dim));
    }
    writer.add(prefix + matrix.name, {config.dim, config.dim}, std::move(rows));
  }
}

/// Reads tensors by name, checking their shapes; the first problem stays.
class Reader {
 public:
  Reader(const Safetensors& file, const NetworkConfig& config) : file_(file), config_(config) {}

  const Status& status() const { return status_; }

  std::size_t item_count() {
    const auto found = file_.tensors.find("item.bias");
    if (found != file_.tensors.end() && found->second.shape.size() == 1) {
      return found->second.shape[0];
    }
    fail("item.bias");
    return 0;
  }

  void read(const std::string& name, std::vector<std::size_t> shape, std::span<float> to) {
    if (const TensorView* tensor = find(name, shape)) tensor->read(0, to);
  }

  void read_parts(const std::string& prefix, const std::vector<TablePart>& parts,
                  std::span<float> to) {
    for (const TablePart& part : parts) {
      read(prefix + part.name, {part.rows, config_.dim},
           to.subspan(part.first * config_.dim, part.rows * config_.dim));
    }
  }

  void read_dense(const std::string& prefix, std::vector<float>& to) {
    const DenseLayout layout{config_.dim, config_.heads};
    to.resize(layout.size());
    for (const DenseMatrix& matrix : dense_matrices(layout)) {
      const TensorView* tensor = find(prefix + matrix.name, {config_.dim, config_.dim});
      for (std::size_t i = 0; tensor != nullptr && i < config_.dim; ++i) {
        tensor->read(i * config_.dim,
                     std::span(to).subspan(matrix.offset + i * matrix.row, config_.dim));
      }
    }
  }

 private:
  void fail(const std::string& name) {
    if (!status_) return;
    status_ = error(ErrorCode::kCorrupt,
                    "network: the checkpoint has no tensor " + name +
                        " of the shape that the configuration (dim, heads, history_max) gives");
  }

  const TensorView* find(const std::string& name, const std::vector<std::size_t>& shape) {
    const auto found = file_.tensors.find(name);
    if (found != file_.tensors.end() && found->second.shape == shape) return &found->second;
    fail(name);
    return nullptr;
  }

  const Safetensors& file_;
  const NetworkConfig& config_;
  Status status_;
};

bool all_finite(const EmbeddingTable::Values& values) {
  return all_finite(values.vectors) && all_finite(values.biases) && all_finite(values.squares) &&
         all_finite(values.bias_squares);
}

/// Names the first size that is not the configuration's.
Status check_sizes(const Safetensors& file, const NetworkConfig& config) {
  const std::pair<const char*, std::size_t> sizes[]{
      {"dim", config.dim}, {"heads", config.heads}, {"history_max", config.history_max}};
  for (const auto& [name, size] : sizes) {
    const auto found = file.metadata.find(name);
    if (found == file.metadata.end() || found->second == std::to_string(size)) continue;
    return error(ErrorCode::kInvalidConfig,
                 std::string("network: the checkpoint was learned with scoring.network.") + name +
                     ": " + found->second + "; set it back or start with an empty model directory");
  }
  return {};
}

EmbeddingTable::Values sized(std::size_t rows, std::size_t dim) {
  return {AlignedFloats(rows * dim), AlignedFloats(rows), AlignedFloats(rows * dim),
          AlignedFloats(rows)};
}

}  // namespace

Result<std::string> write_checkpoint(const NetworkConfig& config, const NetworkTables& tables,
                                     const DenseState& dense) {
  if (!all_finite(tables.items.values()) || !all_finite(tables.context.values()) ||
      !all_finite(tables.conditions.values()) || !all_finite(dense.weights) ||
      !all_finite(dense.squares))
    return error(ErrorCode::kInternal, "network: a weight is not finite, so it is not saved");
  SafetensorsWriter writer({{"format", "pt"},
                            {"freshet.network", "1"},
                            {"dim", std::to_string(config.dim)},
                            {"heads", std::to_string(config.heads)},
                            {"history_max", std::to_string(config.history_max)},
                            {"learning_rate", std::to_string(config.learning_rate)}});
  const EmbeddingTable::Values& of_items = tables.items.values();
  const EmbeddingTable::Values& of_context = tables.context.values();
  const EmbeddingTable::Values& of_conditions = tables.conditions.values();
  const std::size_t rows = tables.items.rows();
  writer.add("item.embedding", {rows, config.dim}, {of_items.vectors});
  writer.add("item.bias", {rows}, {of_items.biases});
  add_parts("", context_parts(config), config.dim, of_context.vectors, writer);
  add_parts("", condition_parts(), config.dim, of_conditions.vectors, writer);
  add_dense("", config, dense.weights, writer);
  writer.add(std::string(kSums) + "item.embedding", {rows, config.dim}, {of_items.squares});
  writer.add(std::string(kSums) + "item.bias", {rows}, {of_items.bias_squares});
  add_parts(kSums, context_parts(config), config.dim, of_context.squares, writer);
  add_parts(kSums, condition_parts(), config.dim, of_conditions.squares, writer);
  add_dense(kSums, config, dense.squares, writer);
  return writer.bytes();
}

Status read_checkpoint(std::string_view bytes, const NetworkConfig& config,
                       const NetworkTables& tables, DenseState& dense) {
  const auto file = read_safetensors(bytes);
  if (!file) return tl::unexpected(file.error());
  FRESHET_RETURN_IF_ERROR(check_sizes(*file, config));
  Reader reader(*file, config);
  const std::size_t rows = reader.item_count();
  // The size of the embeddings is compared before memory is asked for.
  const auto embedding = file->tensors.find("item.embedding");
  if (embedding == file->tensors.end() || embedding->second.size() != rows * config.dim) {
    return error(ErrorCode::kCorrupt, "network: the checkpoint's items have another size than " +
                                          std::to_string(config.dim) + " (dim)");
  }
  auto of_items = sized(rows, config.dim), of_context = sized(tables.context.rows(), config.dim),
       of_conditions = sized(tables.conditions.rows(), config.dim);
  DenseState read;
  reader.read("item.embedding", {rows, config.dim}, of_items.vectors);
  reader.read("item.bias", {rows}, of_items.biases);
  reader.read_parts("", context_parts(config), of_context.vectors);
  reader.read_parts("", condition_parts(), of_conditions.vectors);
  reader.read_dense("", read.weights);
  reader.read(std::string(kSums) + "item.embedding", {rows, config.dim}, of_items.squares);
  reader.read(std::string(kSums) + "item.bias", {rows}, of_items.bias_squares);
  reader.read_parts(kSums, context_parts(config), of_context.squares);
  reader.read_parts(kSums, condition_parts(), of_conditions.squares);
  reader.read_dense(kSums, read.squares);
  FRESHET_RETURN_IF_ERROR(reader.status());
  if (!all_finite(of_items) || !all_finite(of_context) || !all_finite(of_conditions) ||
      !all_finite(read.weights) || !all_finite(read.squares))
    return error(ErrorCode::kCorrupt, "network: a weight of the checkpoint is not finite");
  tables.items.restore(std::move(of_items));
  tables.context.restore(std::move(of_context));
  tables.conditions.restore(std::move(of_conditions));
  dense = std::move(read);
  return {};
}

}  // namespace freshet
