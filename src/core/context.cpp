#include "core/context.hpp"

#include <charconv>
#include <optional>

namespace tenancy::core {
namespace {

Error malformed() {
  return {Errc::malformed, "The form of the identity is not valid."};
}

void put(std::string& out, std::string_view field) {
  out += std::to_string(field.size());
  out += ':';
  out += field;
  out += ',';
}

void put(std::string& out, const std::optional<std::string>& field) {
  if (field.has_value()) {
    put(out, std::string_view(*field));
  } else {
    out += "-,";
  }
}

std::string row_of(const std::vector<std::string>& elements) {
  std::string row;
  for (const std::string& element : elements) put(row, std::string_view(element));
  return row;
}

// Decimal digits only, without sign or leading zero.
template <typename Number>
std::optional<Number> number_of(std::string_view digits) {
  Number number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, failure] = std::from_chars(digits.data(), end, number);
  if (failure != std::errc() || stop != end) return std::nullopt;
  if (digits.front() == '-' || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
  return number;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::size_t at() const { return at_; }
  bool at_end() const { return at_ == text_.size(); }

  // The next field, or nothing where the text is not one.
  std::optional<Slice> field() {
    const std::string_view rest = text_.substr(at_);
    if (rest.substr(0, 2) == "-,") {
      at_ += 2;
      return Slice{};
    }
    const std::size_t colon = rest.substr(0, 11).find(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    const auto length = number_of<std::uint32_t>(rest.substr(0, colon));
    if (!length || *length == Slice::kAbsent) return std::nullopt;
    const std::size_t begin = colon + 1;
    if (rest.size() - begin <= *length || rest[begin + *length] != ',') return std::nullopt;
    const Slice slice{static_cast<std::uint32_t>(at_ + begin), *length};
    at_ += begin + *length + 1;
    return slice;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

bool is_row(std::string_view fields) {
  Reader reader(fields);
  while (!reader.at_end()) {
    const auto element = reader.field();
    if (!element || !element->present()) return false;
  }
  return true;
}

}  // namespace

Result<std::string> to_context(const Identity& identity) {
  std::string out;
  out.reserve(identity.claims.size() + 512);
  put(out, std::string_view(identity.issuer));
  put(out, std::string_view(identity.tenant_id));
  put(out, identity.user_id);
  put(out, identity.agent);
  put(out, std::string_view(identity.key_id));
  put(out, std::string_view(identity.token_id));
  put(out, identity.tier);
  put(out, std::string_view(row_of(identity.roles)));
  put(out, identity.permissions ? std::optional(row_of(*identity.permissions)) : std::nullopt);
  for (const Seconds when : {identity.issued_at, identity.expires_at, identity.valid_until}) {
    put(out, std::string_view(std::to_string(when)));
  }
  put(out, std::string_view(identity.claims));
  if (out.find('\0') != std::string::npos) {
    return Error{Errc::malformed, "A claim contains the character NUL."};
  }
  if (out.size() >= Slice::kAbsent) return Error{Errc::malformed, "The claims are too large."};
  return out;
}

Result<ContextLayout> read_context(std::string_view context) {
  if (context.size() >= Slice::kAbsent || context.find('\0') != std::string_view::npos) {
    return malformed();
  }
  ContextLayout layout;
  Reader reader(context);
  const auto read = [&reader](std::initializer_list<Slice*> slices) {
    for (Slice* const slice : slices) {
      const auto field = reader.field();
      if (!field) return false;
      *slice = *field;
    }
    return true;
  };
  if (!read({&layout.issuer, &layout.tenant_id, &layout.user_id, &layout.agent, &layout.key_id})) {
    return malformed();
  }
  layout.who = {0, static_cast<std::uint32_t>(reader.at())};
  if (!read({&layout.token_id, &layout.tier, &layout.roles, &layout.permissions})) {
    return malformed();
  }
  for (Seconds* const when : {&layout.issued_at, &layout.expires_at, &layout.valid_until}) {
    const auto field = reader.field();
    if (!field || !field->present() || field->length == 0) return malformed();
    const auto seconds = number_of<Seconds>(field->of(context.data()));
    if (!seconds) return malformed();
    *when = *seconds;
  }
  if (!read({&layout.claims}) || !reader.at_end()) return malformed();
  for (const Slice& needed : {layout.issuer, layout.tenant_id, layout.key_id, layout.token_id,
                              layout.roles, layout.claims}) {
    if (!needed.present()) return malformed();
  }
  if (layout.tenant_id.length == 0 || !is_row(layout.roles.of(context.data())) ||
      !is_row(layout.permissions.of(context.data()))) {
    return malformed();
  }
  return layout;
}

std::vector<std::string_view> list_of(std::string_view fields) {
  std::vector<std::string_view> elements;
  Reader reader(fields);
  while (!reader.at_end()) {
    const auto element = reader.field();
    if (!element) break;
    elements.push_back(element->of(fields.data()));
  }
  return elements;
}

std::string to_text(const Handover& handover) {
  std::string out;
  out.reserve(handover.context.size() + 16);
  out += kHandoverMark;
  out += static_cast<char>(handover.verdict);
  out += handover.of_session ? 's' : 't';
  out += std::to_string(handover.local_transaction);
  out += ':';
  out += handover.context;
  return out;
}

Result<Handover> read_handover(std::string_view text) {
  if (text.size() < 5 || text[0] != kHandoverMark) return malformed();
  Handover handover;
  switch (text[kVerdictAt]) {
    case 'A':
    case 'C':
    case 'X':
    case 'R':
      handover.verdict = static_cast<Verdict>(text[kVerdictAt]);
      break;
    default:
      return malformed();
  }
  if (text[2] != 's' && text[2] != 't') return malformed();
  handover.of_session = text[2] == 's';
  const std::size_t colon = text.substr(0, 14).find(':');
  if (colon == std::string_view::npos || colon == 3) return malformed();
  const auto local_transaction = number_of<std::uint32_t>(text.substr(3, colon - 3));
  if (!local_transaction) return malformed();
  handover.local_transaction = *local_transaction;
  handover.context = text.substr(colon + 1);
  return handover;
}

}  // namespace tenancy::core
