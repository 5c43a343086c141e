#include "core/jose_header.hpp"

#include "core/json.hpp"

namespace tenancy::core {
namespace {

Error malformed(std::string why) {
  return {Errc::malformed, std::move(why)};
}

// A member that must be a string where it is present.
Result<std::optional<std::string>> optional_text(Json header, std::string_view name) {
  using Text = std::optional<std::string>;
  const auto value = header.member(name);
  if (!value) return Text();
  if (!value->is_string()) {
    return malformed("header member `" + std::string(name) + "` is not a string");
  }
  return Text(value->string());
}

}  // namespace

Result<JoseHeader> read_jose_header(std::string_view json) {
  const auto document = JsonDocument::parse(json);
  if (!document.ok()) return malformed("the header is not strict JSON");
  const Json header = document.value().root();
  if (!header.is_object()) return malformed("the header is not a JSON object");

  if (header.member("crit")) {
    return Error{Errc::unsupported, "the header has critical extensions (`crit`)"};
  }
  if (const auto b64 = header.member("b64");
      b64 && !(b64->type() == JsonType::boolean && b64->boolean())) {
    return Error{Errc::unsupported, "the payload is not encoded (`b64`)"};
  }
  const auto alg = optional_text(header, "alg");
  if (!alg.ok()) return alg.error();
  if (!alg.value()) return malformed("the header has no `alg`");
  const auto algorithm = algorithm_of(*alg.value());
  if (!algorithm) return Error{Errc::unsupported, "the header's `alg` is not one we verify"};

  auto kid = optional_text(header, "kid");
  if (!kid.ok()) return kid.error();
  auto typ = optional_text(header, "typ");
  if (!typ.ok()) return typ.error();
  return JoseHeader{*algorithm, std::move(kid).value(), std::move(typ).value()};
}

}  // namespace tenancy::core
