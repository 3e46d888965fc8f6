#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace freshet {

/// Flips bytes in the first block of every table of the column family in a RocksDB directory, as a
/// failing disk would; returns how many tables that were. They open, but that block cannot be read.
inline int damage_tables(const std::string& directory, const std::string& family = "users") {
  int damaged = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() != ".sst") continue;
    std::fstream table(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(table), {}};
    // The family's name stands among the table's properties.
    if (bytes.find("name" + family) == std::string::npos) continue;
    table.clear();
    table.seekp(8);
    table.write("damaged", 7);
    ++damaged;
  }
  return damaged;
}

}  // namespace freshet
