#pragma once

#include <string>
#include <vector>

#include "config/config_fields.h"

namespace freshet {

/// The sections that `entries` holds; an entry has a `name`, and `fields_of` names its fields.
template <class Entry>
class SectionsOf final : public FieldSections {
 public:
  using FieldsOf = std::vector<ConfigField> (*)(Entry&);

  SectionsOf(std::vector<Entry>* entries, bool named, FieldsOf fields_of)
      : entries_(entries), named_(named), fields_of_(fields_of) {}

  bool named() const override { return named_; }
  std::size_t size() const override { return entries_->size(); }
  std::string name(std::size_t index) const override { return (*entries_)[index].name; }
  void add(const std::string& name) override { entries_->emplace_back().name = name; }
  void clear() override { entries_->clear(); }
  std::vector<ConfigField> fields(std::size_t index) override {
    return fields_of_((*entries_)[index]);
  }
  std::vector<ConfigField> default_fields() override { return fields_of_(default_); }

 private:
  std::vector<Entry>* entries_;
  bool named_;
  FieldsOf fields_of_;
  Entry default_;
};

}  // namespace freshet
