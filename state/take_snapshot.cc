#include "state/take_snapshot.h"

#include "config/durable_file.h"

namespace freshet {

Result<std::optional<TakenSnapshot>> take_snapshot(const RocksDbStore& store,
                                                   SnapshotWriter& writer,
                                                   const std::string& scratch, EventTime now) {
  FRESHET_RETURN_IF_ERROR(remove_tree(scratch));
  FRESHET_RETURN_IF_ERROR(store.checkpoint(scratch));
  // Read from the copy: the database is written to meanwhile.
  const auto position = RocksDbStore::position_in(scratch);
  if (!position) return tl::unexpected(position.error());
  std::optional<TakenSnapshot> taken;
  if (position->next_offset) {
    const auto cost = writer.write(scratch, *position, now);
    if (!cost) return tl::unexpected(cost.error());
    taken = {*position, *cost};
  }
  FRESHET_RETURN_IF_ERROR(remove_tree(scratch));
  return taken;
}

}  // namespace freshet
